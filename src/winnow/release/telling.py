"""Telling the pull request that brought a model what became of its release."""

import os
from collections.abc import Mapping

from winnow.github.client import GitHub
from winnow.github.pulls import Pull, pulls_of_commit
from winnow.markup.markdown import to_markdown
from winnow.project import Project
from winnow.pull_request.telling.cml import Watermark
from winnow.pull_request.telling.posting import Posted, Poster
from winnow.registry import merged
from winnow.registry.history import read_history
from winnow.registry.tags import read_tags
from winnow.release.page import story_blocks
from winnow.release.record import Request
from winnow.release.story import Story


def model_commit(project: Project, request: Request) -> str:
    """Return the commit that brought a version's model, which may be older than its tag; empty where it is gone."""
    event = read_history(request.artifact, read_tags(project, request.artifact)).versions.get(request.version)
    if event is None:
        return ""
    return merged.model_commit(project, event.tag.commit) or event.tag.commit


def find_pull(github: GitHub, commit: str) -> Pull | None:
    """Return the pull request that brought a commit: a merged one, the oldest of several."""
    found = sorted(pulls_of_commit(github, commit), key=lambda pull: (pull.state != "closed", pull.number))
    return next(iter(found), None)


def watermark_of(request: Request) -> Watermark:
    """Return what the comment is known by: one for each model and stage."""
    return Watermark(f"winnow release {request.artifact} {request.stage}")


def tell(
    github: GitHub, pull: Pull, story: Story, commit: str, variables: Mapping[str, str] = os.environ
) -> Posted | None:
    """Bring the comment on a pull request up to date, or make it; errors as `Poster.post`."""
    poster = Poster(github, pull.number, commit, variables)
    return poster.post(watermark_of(story.request), to_markdown(story_blocks(story)))
