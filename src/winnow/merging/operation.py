"""What Git is doing right now: a merge, a rebase, a cherry-pick or a revert, and the three commits it joins."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from winnow.errors import UsageError
from winnow.project import Project
from winnow.repository.git import call_git, git_root, require_success, resolve

Side = Literal["ours", "theirs"]

_HEADS = {
    "merge": "MERGE_HEAD",
    "cherry-pick": "CHERRY_PICK_HEAD",
    "revert": "REVERT_HEAD",
    "rebase": "REBASE_HEAD",
}
"""In this order: a rebase may itself merge, pick or revert."""


@dataclass(frozen=True)
class Operation:
    """Three commits, called as Git calls them: in a rebase `ours` is the branch that the own commits are put on."""

    kind: str
    base: str | None
    """None where the sides share no commit."""

    ours: str
    theirs: str
    built_on: Side
    """The side that a branch is merged with or put on: its builds are taken where both sides were built anew."""

    @property
    def go_on(self) -> str:
        """What to type when everything is settled."""
        return "git commit" if self.kind == "merge" else f"git {self.kind} --continue"

    @property
    def start_over(self) -> str:
        """What to type to be back where the operation began."""
        return f"git {self.kind} --abort"

    def commit(self, side: Side) -> str:
        """Return the commit of a side."""
        return self.ours if side == "ours" else self.theirs


def find_operation(project: Project, branch: str | None = None) -> Operation:
    """Return what Git is doing; `branch`, if given, must be the one that is merged, picked, or rebased onto.

    Raises UsageError when Git is doing nothing, merges more than two branches, or works with another branch.
    """
    git_root(project)
    kind = next((kind for kind in _HEADS if _is_in_progress(project, kind)), None)
    if kind is None:
        raise UsageError(
            "expected a merge, rebase, cherry-pick or revert in progress, Git is doing none",
            hint=f"git merge {branch or 'BASE'} first; when it stops at conflicts, winnow merge",
        )
    operation = _read(project, kind)
    if branch is not None and resolve(project, branch) not in _partners(project, operation):
        raise UsageError(
            f"Git is in the middle of a {kind} with {operation.theirs[:12]}, not with {branch!r}",
            hint=f"winnow merge settles that one; {operation.start_over} leaves it",
        )
    return operation


def describe(project: Project, commit: str) -> str:
    """Return a commit for a person: its short hash and its subject."""
    return require_success(call_git(project, "log", "-1", "--format=%h %s", commit)).decode(errors="replace").strip()


def _read(project: Project, kind: str) -> Operation:
    ours, picked = resolve(project, "HEAD"), resolve(project, _HEADS[kind])
    if kind == "merge":
        if len(_git_path(project, "MERGE_HEAD").read_text(encoding="utf-8").split()) > 1:
            raise UsageError("expected a merge of two branches, got more", hint="merge one branch after the other")
        return Operation(kind, _found(project, "merge-base", ours, picked), ours, picked, "theirs")
    parent = _found(project, "rev-parse", "--verify", "--quiet", f"{picked}^")
    if kind == "revert":
        # Going back from a commit to its parent is a change like any other.
        return Operation(kind, picked, ours, parent or picked, "ours")
    return Operation(kind, parent, ours, picked, "ours")


def _partners(project: Project, operation: Operation) -> set[str]:
    found = {operation.theirs}
    if operation.kind != "merge":
        found.add(operation.ours)
    for folder in ("rebase-merge", "rebase-apply"):
        onto = _git_path(project, folder) / "onto"
        if onto.is_file():
            found.add(onto.read_text(encoding="utf-8").strip())
    return found


def _is_in_progress(project: Project, kind: str) -> bool:
    if kind == "rebase" and not any(_git_path(project, f"rebase-{how}").is_dir() for how in ("merge", "apply")):
        return False
    return _found(project, "rev-parse", "--verify", "--quiet", _HEADS[kind]) is not None


def _found(project: Project, *command: str) -> str | None:
    done = call_git(project, *command)
    return None if done.returncode else done.stdout.decode().split()[0]


def _git_path(project: Project, name: str) -> Path:
    # Relative to the working directory, or absolute in a linked work tree.
    return project.root / require_success(call_git(project, "rev-parse", "--git-path", name)).decode().strip()
