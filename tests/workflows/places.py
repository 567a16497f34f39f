"""Repositories for the tests of workflows: small, with a pull request or two."""

import subprocess
from pathlib import Path
from typing import Any

from github_api import GitHubServer
from github_records import Pull, Repository

_WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


def git(folder: Path | None, *arguments: str) -> str:
    """Run Git in `folder`."""
    command = ["git", *_WHO, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def publish(server: GitHubServer, root: Path, full_name: str, files: dict[str, str], **more: Any) -> Repository:
    """Make `owner/name` with one commit on `main`; its bare Git repository lies below `root`."""
    work = root / "work" / full_name
    work.mkdir(parents=True)
    git(work, "init", "-q", "-b", "main")
    commit(work, files)
    bare = root / "git" / f"{full_name}.git"
    git(work, "clone", "-q", "--bare", str(work), str(bare))
    git(work, "remote", "add", "origin", str(bare))
    return server.github.add_repository(full_name, git=bare, **more)


def work_tree(root: Path, repository: Repository) -> Path:
    """Return the folder in which a test works on what it published."""
    return root / "work" / repository.full_name


def commit(work: Path, files: dict[str, str], message: str = "Change") -> str:
    """Write files, commit them, return the commit."""
    for name, content in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(content, encoding="utf-8", newline="\n")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", message)
    return git(work, "rev-parse", "HEAD")


def propose(server: GitHubServer, root: Path, base: Repository, branch: str, files: dict[str, str]) -> Pull:
    """Push a branch of the repository itself, and open a pull request."""
    work = work_tree(root, base)
    git(work, "checkout", "-q", "-b", branch, "main")
    commit(work, files)
    git(work, "push", "-q", "origin", branch)
    git(work, "checkout", "-q", "main")
    return server.github.add_pull(base, branch, files=list(files))


def propose_from_fork(server: GitHubServer, root: Path, base: Repository, owner: str, files: dict[str, str]) -> Pull:
    """Fork the repository, push to the fork, and open a pull request."""
    full_name = f"{owner}/{base.name}"
    bare, work = root / "git" / f"{full_name}.git", root / "work" / full_name
    git(root, "clone", "-q", "--bare", "--single-branch", "-b", base.default_branch, str(base.git), str(bare))
    git(root, "clone", "-q", str(bare), str(work))
    git(work, "checkout", "-q", "-b", "topic")
    commit(work, files)
    git(work, "push", "-q", "origin", "topic")
    fork = server.github.add_repository(full_name, git=bare, parent=base, is_private=base.is_private)
    return server.github.add_pull(base, "topic", head=fork, files=list(files))
