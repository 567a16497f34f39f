"""Pull requests: one by its number, or those whose head a run was about."""

from dataclasses import dataclass

from winnow.github.client import GitHub, Json
from winnow.github.runs import Run


@dataclass(frozen=True)
class Pull:
    """A pull request, in the words of GitHub."""

    number: int
    state: str
    """`open` or `closed`."""
    head_sha: str
    head_branch: str
    head_repository: str
    """`OWNER/NAME`; empty where a fork is gone."""
    head_repository_id: int | None
    base_branch: str
    base_sha: str
    labels: tuple[str, ...]
    html_url: str


def get_pull(github: GitHub, number: int) -> Pull:
    """Return a pull request, open or not."""
    return _as_pull(github.get(f"pulls/{number}"))


def open_pulls_of(github: GitHub, run: Run) -> list[Pull]:
    """Return the open pull requests of the branch that a run was about, whatever their head is now; oldest first.

    A fork's commit is asked for by its branch, for `commits/SHA/pulls` knows those of this repository's branches only.
    A run names no pull request of a fork, and what an artifact names is not asked.
    """
    owner, _, _ = run.head_repository.partition("/")
    if owner and run.head_branch:
        listed = github.pages("pulls", state="open", head=f"{owner}:{run.head_branch}")
    else:
        listed = github.pages(f"commits/{run.head_sha}/pulls")
    found = [pull for pull in map(_as_pull, listed) if pull.state == "open" and _is_of(pull, run)]
    return sorted(found, key=lambda pull: pull.number)


def pulls_of_commit(github: GitHub, sha: str) -> list[Pull]:
    """Return the pull requests that a commit belongs to: of one on the default branch, those that brought it there."""
    return [_as_pull(record) for record in github.pages(f"commits/{sha}/pulls")]


def changed_paths(github: GitHub, number: int) -> list[str]:
    """Return the paths that a pull request changes, the old ones of renamed files too; GitHub lists up to 3,000."""
    files = github.pages(f"pulls/{number}/files")
    return sorted({path for file in files for path in (file["filename"], file.get("previous_filename")) if path})


def _is_of(pull: Pull, run: Run) -> bool:
    """Return whether the head is the run's branch in the run's repository: an owner may have several forks."""
    return (pull.head_repository_id, pull.head_branch) == (run.head_repository_id, run.head_branch)


def _as_pull(record: Json) -> Pull:
    head, base = record["head"], record["base"]
    repository = head.get("repo") or {}
    return Pull(
        number=record["number"],
        state=record["state"],
        head_sha=head["sha"],
        head_branch=head["ref"],
        head_repository=repository.get("full_name") or "",
        head_repository_id=repository.get("id"),
        base_branch=base["ref"],
        base_sha=base.get("sha") or "",
        labels=tuple(label["name"] for label in record.get("labels") or ()),
        html_url=record["html_url"],
    )
