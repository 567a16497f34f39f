"""Which commit brought a model, and with which one it is compared: what it was merged into."""

from winnow.errors import UsageError
from winnow.project import Project
from winnow.repository.git import call_git, default_branch


def find_base(project: Project, commit: str) -> str | None:
    """Return the commit against which the model of `commit` was to be judged, None for the first one.

    On a branch of its own: where that left the default branch. On the default branch: the state before the model came,
    which is the first parent of the last commit that changed `dvc.lock` there. A later commit that changes no model
    thereby inherits the verdict, and no model is compared with itself. Raises UsageError in a shallow clone: what is
    cut off there would look like a first model, which nothing is compared with.
    """
    if _ask(project, "rev-parse", "--is-shallow-repository") != "false":
        raise UsageError("expected the whole history, got a shallow clone", hint="git fetch --unshallow --tags")
    branch = default_branch(project)
    parted = _ask(project, "merge-base", commit, branch) if branch else None
    if parted and parted != commit:
        return parted
    made = model_commit(project, commit)
    return _ask(project, "rev-parse", "--verify", "--quiet", f"{made}^1") if made else None


def model_commit(project: Project, commit: str) -> str | None:
    """Return the last commit up to `commit` that changed `dvc.lock`, on the first-parent line; None where none did."""
    return _ask(project, "log", "--first-parent", "-1", "--format=%H", commit, "--", project.dvc_lock.name)


def _ask(project: Project, *arguments: str) -> str | None:
    done = call_git(project, *arguments)
    return done.stdout.decode().strip() or None if not done.returncode else None
