"""Tags that travel: exactly one is pushed, and of two people who promote at once the second one is told."""

from collections.abc import Iterable

from winnow.errors import CheckError, MachineError, UsageError
from winnow.project import Project
from winnow.registry.names import parse_tag_name
from winnow.registry.tags import Tag, delete_tag
from winnow.repository.git import call_git
from winnow.repository.login import login_variables

_AGAIN = "git fetch --tags, look at `winnow models`, and decide again"


def find_remote(project: Project) -> str:
    """Return the Git remote to push to: `origin`, or the only one. Raises UsageError otherwise."""
    names = call_git(project, "remote").stdout.decode().split()
    if "origin" in names:
        return "origin"
    if len(names) != 1:
        raise UsageError(
            f"expected a Git remote called origin, got {', '.join(names) or 'none'}",
            hint="git remote add origin URL, or leave --push out",
        )
    return names[0]


def require_up_to_date(project: Project, remote: str, artifact: str, tags: Iterable[Tag]) -> None:
    """Raise CheckError when the remote has tags of the model that this clone lacks: it would decide blindly.

    Raises MachineError when the remote cannot be asked.
    """
    known = {tag.ref for tag in tags}
    missing = sorted(
        ref
        for ref in _remote_tags(project, remote)
        if (name := parse_tag_name(ref)) and name.artifact == artifact and ref not in known
    )
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""  # noqa: PLR2004 - a few are enough
        raise CheckError(f"{remote} has tags that are not here: {', '.join(missing[:3])}{more}", hint=_AGAIN)


def publish(project: Project, remote: str, ref: str) -> None:
    """Push one new tag, and nothing else. A tag that the remote refuses is removed here again.

    Raises CheckError when somebody else was first, or when the remote protects its tags; MachineError when it cannot
    be reached: then the tag stays out of both.
    """
    full = f"refs/tags/{ref}"
    own = call_git(project, "rev-parse", full).stdout.decode().strip()
    # Nothing that `push.followTags` would add.
    pushed = call_git(
        project, "-c", "push.followTags=false", "push", remote, f"{full}:{full}", variables=login_variables()
    )
    if not pushed.returncode:
        return
    try:
        theirs = _remote_tags(project, remote).get(ref)
    except MachineError:
        delete_tag(project, ref)
        raise
    if theirs == own:
        return
    delete_tag(project, ref)
    if theirs:
        raise CheckError(f"somebody else was first: {remote} has another {ref} already", hint=_AGAIN)
    said = " ".join(pushed.stderr.decode(errors="replace").split())[:300]
    raise CheckError(f"{remote} refused {ref}: {said}", hint="may you push tags? A ruleset or hook there protects them")


def _remote_tags(project: Project, remote: str) -> dict[str, str]:
    done = call_git(project, "ls-remote", "--tags", "--refs", remote, variables=login_variables())
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())[:300]
        raise MachineError(f"{remote} cannot be asked for its tags: {said}", hint="check the network and your access")
    rows = (line.split("\t", 1) for line in done.stdout.decode("utf-8", "replace").splitlines() if "\t" in line)
    return {ref.removeprefix("refs/tags/"): object_id for object_id, ref in rows}
