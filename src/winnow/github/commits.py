"""Commits made through the API: a token suffices, and no clone is needed that could push."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from winnow.github.client import GitHub, GitHubError, Json


class BranchMovedError(GitHubError):
    """The branch is no longer where it was, or not there."""


@dataclass(frozen=True)
class Commit:
    """A commit, and the tree of its files."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Change:
    """A file that a commit writes or removes."""

    path: str
    """From the root of the repository, with slashes."""
    mode: str
    """`100644`, or `100755` for a program."""
    content: bytes | None
    """None removes it."""


def get_commit(github: GitHub, sha: str) -> Commit:
    """Return a commit."""
    return _as_commit(github.get(f"git/commits/{sha}"))


def create_commit(github: GitHub, parent: Commit, changes: Sequence[Change], message: str) -> Commit:
    """Make a commit on top of another one; no branch knows it yet.

    Its author is whoever the token belongs to: GitHub signs what an app commits in its own name.
    """
    entries = [_entry(github, change) for change in changes]
    tree = github.send("POST", "git/trees", {"base_tree": parent.tree, "tree": entries})
    body = {"message": message, "tree": tree["sha"], "parents": [parent.sha]}
    return _as_commit(github.send("POST", "git/commits", body))


def head_of(github: GitHub, branch: str) -> str:
    """Return the commit at the head of a branch."""
    return str(github.get(f"git/ref/heads/{branch}")["object"]["sha"])


def move_branch(github: GitHub, branch: str, sha: str) -> None:
    """Let a branch end at a commit that comes after its head; BranchMovedError where it does not.

    When the answer is lost the branch itself is asked.
    """
    try:
        github.send("PATCH", f"git/refs/heads/{branch}", {"sha": sha, "force": False})
    except GitHubError as error:
        if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise BranchMovedError(error.message, status=error.status, hint="run this again") from None
        if HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR or head_of(github, branch) != sha:
            raise


def _entry(github: GitHub, change: Change) -> Json:
    about = {"path": change.path, "mode": change.mode, "type": "blob"}
    if change.content is None:
        return {**about, "sha": None}
    content = base64.b64encode(change.content).decode()
    blob = github.send("POST", "git/blobs", {"content": content, "encoding": "base64"})
    return {**about, "sha": blob["sha"]}


def _as_commit(record: Json) -> Commit:
    parents = tuple(parent["sha"] for parent in record["parents"])
    return Commit(record["sha"], record["tree"]["sha"], parents, record["message"])
