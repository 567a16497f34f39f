"""Git, as a program: commits, and files as they were."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from winnow.errors import MachineError, UsageError
from winnow.logs import logger
from winnow.project import Project


def call_git(
    project: Project, *arguments: str, stdin: bytes = b"", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run Git in the project's folder, and return how it ended. Raises MachineError where there is no Git.

    `variables` are added to the environment.
    """
    logger.debug("git %s", " ".join(arguments))
    command = ["git", *arguments]
    try:
        return subprocess.run(  # noqa: S603 - a fixed program; revisions are resolved before they are used
            command,
            cwd=project.root,
            input=stdin,
            env={**os.environ, **variables} if variables else None,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise MachineError("expected the program git, found none", hint="install Git") from None


def require_success(done: subprocess.CompletedProcess[bytes]) -> bytes:
    """Return what Git printed. Raises MachineError when it failed."""
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip() or "no message"
        raise MachineError(f"{' '.join(done.args[:3])} failed: {message}", hint="mend what Git names, and run again")
    return bytes(done.stdout)


def git_root(project: Project) -> Path:
    """Return the work tree that holds the project. Raises UsageError outside of one."""
    done = call_git(project, "rev-parse", "--show-toplevel")
    if done.returncode:
        raise UsageError(f"{project.root} lies in no Git repository", hint="git init, or run this in a clone")
    # A folder may end in a space.
    return Path(done.stdout.decode().removesuffix("\n").removesuffix("\r"))


def resolve(project: Project, revision: str) -> str:
    """Return the commit, 40 or 64 hex digits, that `revision` names. Raises UsageError when it names none."""
    git_root(project)
    done = _verify(project, revision)
    if done.returncode:
        raise UsageError(
            f"expected a commit, a branch or a tag, got {revision!r}",
            hint="git fetch --unshallow brings the history that a shallow clone lacks",
        )
    return done.stdout.decode().strip()


def default_branch(project: Project) -> str | None:
    """Return the branch that others start from: the remote's, else `main` or `master`; None where there is none."""
    done = call_git(project, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    names = (done.stdout.decode().strip(), "origin/main", "origin/master", "main", "master")
    return next((name for name in names if name and not _verify(project, name).returncode), None)


def merge_base(project: Project, revision: str) -> str:
    """Return the commit at which HEAD and `revision` parted. Raises UsageError when they share no history."""
    done = call_git(project, "merge-base", "HEAD", resolve(project, revision))
    if done.returncode:
        raise UsageError(f"HEAD and {revision!r} share no commit", hint="git fetch --unshallow brings the history")
    return done.stdout.decode().strip()


def read_at(project: Project, commit: str, path: Path) -> bytes | None:
    """Return a file of the project as it was in `commit` (what `resolve` returned), None when it was not there."""
    # `./` makes Git read the path from the working directory: a project may lie in a subfolder.
    name = f"{commit}:./{path.relative_to(project.root).as_posix()}"
    if call_git(project, "cat-file", "-e", name).returncode:
        return None
    return require_success(call_git(project, "cat-file", "blob", name))


def _verify(project: Project, revision: str) -> subprocess.CompletedProcess[bytes]:
    return call_git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
