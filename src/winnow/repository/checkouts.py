"""A commit's files in a work tree of their own, beside the one that a person works in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from winnow.project import Project
from winnow.repository.git import call_git, git_root, require_success
from winnow.repository.listings import open_repo


@contextmanager
def checked_out(project: Project, commit: str, work: Path) -> Iterator[Path]:
    """Yield the root of a checkout of `commit` in the folder `work`; it is gone afterwards."""
    tree, no_hooks = work / "tree", work / "no-hooks"
    no_hooks.mkdir(parents=True)
    # What a run that was killed left behind in Git's list.
    call_git(project, "worktree", "prune")
    # DVC installs hooks that would check out all data.
    added = call_git(project, "-c", f"core.hooksPath={no_hooks}", "worktree", "add", "--detach", str(tree), commit)
    require_success(added)
    try:
        yield tree
    finally:
        call_git(project, "worktree", "remove", "--force", str(tree))
        call_git(project, "worktree", "prune")


def same_place(project: Project, tree: Path) -> Project:
    """Return the project in another checkout of its repository."""
    return Project(tree / project.root.resolve().relative_to(git_root(project).resolve()))


def lend_storage(project: Project, other: Project) -> None:
    """Let DVC in another checkout use this one's cache and remotes, which that commit may not have known yet.

    Written to `.dvc/config.local` there, which may then hold credentials: the checkout belongs into a private folder.
    """
    from dvc.config import Config

    with open_repo(project) as repo:
        cache = repo.cache.local_cache_dir
        remotes = {name: dict(options) for name, options in repo.config.get("remote", {}).items()}
        default = repo.config["core"].get("remote")
        inside = Path(repo.root_dir).resolve().relative_to(git_root(project).resolve())
    tree = git_root(other)
    (tree / inside / ".dvc").mkdir(exist_ok=True)
    with Config(str(tree / inside / ".dvc")).edit("local") as local:
        local["cache"] = {**local.get("cache", {}), "dir": cache}
        local["remote"] = remotes
        local["core"] = {**local.get("core", {}), **_named(default)}


def _named(default: Any) -> dict[str, str]:
    return {"remote": str(default)} if default else {}
