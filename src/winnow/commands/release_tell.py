"""`winnow release tell`: the last job of the workflow `registry`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from winnow.errors import ExitCode, UsageError
from winnow.github.client import GitHubError
from winnow.markup.markdown import to_markdown
from winnow.project import Project
from winnow.pull_request.access import github_of
from winnow.pull_request.job_summary import add_to_summary
from winnow.release.page import story_blocks
from winnow.release.record import release_folder
from winnow.release.story import Story, read_story
from winnow.release.telling import find_pull, model_commit, tell
from winnow.repository.git import git_root


@dataclass
class Told:
    """What to print."""

    told: list[str] = field(default_factory=list)
    exit_code: ExitCode = ExitCode.OK

    def lines(self) -> list[str]:
        """Return it."""
        return self.told


def tell_release(near: Project, *, folder: Path | None = None, variables: Mapping[str, str] = os.environ) -> Told:
    """Say on the pull request that brought the model what became of its release; on the job's page in any case.

    Raises InputError where nothing says what was asked for, GitHubError when GitHub does not take the comment.
    """
    root = Project(git_root(near))
    story = read_story(folder or release_folder(root), variables.get("NEEDS", ""))
    if not story.request.artifact:
        raise UsageError("nothing was asked for, so there is nothing to tell", hint="the job `tell` needs a request")
    page = to_markdown(story_blocks(story))
    result = Told([f"{story.request.model} to {story.request.stage}: {story.digest}"])
    try:
        result.told += _post(root, story, variables)
    except GitHubError as error:
        result.told.append(f"the comment could not be posted: {error.message}; the job summary has it")
        result.exit_code = ExitCode.MACHINE
    add_to_summary([page])
    return result


def _post(root: Project, story: Story, variables: Mapping[str, str]) -> list[str]:
    project = Project(root.root / story.request.folder)
    commit = model_commit(project, story.request)
    github = github_of(root, variables)
    pull = find_pull(github, commit) if commit else None
    if pull is None:
        return ["no pull request has brought this model: the job summary has the report"]
    posted = tell(github, pull, story, commit, variables)
    return [f"told on {posted.url} (by {posted.by})", *posted.notes] if posted else []
