"""Tags as Git has them: all read at once, one made at a time, signed where the user signs."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

from winnow.errors import MachineError, UsageError
from winnow.project import Project
from winnow.registry.names import TagName, parse_tag_name
from winnow.repository.git import call_git, require_success

# %00 ends a field: no name, and no message that Git takes, holds that byte.
_FIELDS = (
    "refname:strip=2",
    "objectname",
    "*objectname",
    "*objecttype",
    "creatordate:unix",
    "taggername",
    "contents:subject",
    "contents:body",
    "contents:signature",
)
_FORMAT = "".join(f"%({field})%00" for field in _FIELDS)
_SIGNING = "see `git config user.signingKey`, `gpg.format`; `git config tag.gpgSign false` leaves signing out"


@dataclass(frozen=True)
class Tag:
    """An annotated tag of the registry."""

    ref: str
    """Its name in Git."""
    object_id: str
    name: TagName
    commit: str
    created_s: int
    """Seconds since 1970, by the clock of whoever made it."""
    by: str
    subject: str
    body: str
    """Of its message, without a signature."""
    is_signed: bool


def read_tags(project: Project, artifact: str | None = None) -> list[Tag]:
    """Return the tags of a model (of all models: None), the oldest first. Raises MachineError when Git fails.

    Foreign tags, tags without a message (GTO ignores them, too) and tags of what is no commit are left out.
    """
    listed = require_success(call_git(project, "for-each-ref", f"--format={_FORMAT}", "refs/tags"))
    cells = listed.decode("utf-8", "replace").split("\0")
    rows = (cells[start : start + len(_FIELDS)] for start in range(0, len(cells) - 1, len(_FIELDS)))
    tags = [tag for row in rows if (tag := _tag(row)) and artifact in (None, tag.name.artifact)]
    return sorted(tags, key=_age)


def _tag(row: list[str]) -> Tag | None:
    ref, object_id, commit, kind, created, by, subject, body, signature = row
    ref = ref.removeprefix("\n")
    name = parse_tag_name(ref)
    if name is None or kind != "commit":
        return None
    return Tag(ref, object_id, name, commit, int(created or 0), by, subject, body, bool(signature.strip()))


def _age(tag: Tag) -> tuple[int, int]:
    # GTO goes by time; within one second its own order is that of the alphabet.
    return tag.created_s, tag.name.counter or 0


def next_counter(tags: Iterable[Tag]) -> int:
    """Return the counter of a model's next assignment: as GTO's, one for all its stages."""
    return max((tag.name.counter or 0 for tag in tags), default=0) + 1


def create_tag(project: Project, ref: str, commit: str, message: str, tags: Iterable[Tag]) -> None:
    """Make an annotated tag that is younger than all of `tags`, signed where the user has set that up.

    Raises UsageError when there is such a tag, MachineError when Git refuses (no identity, a key that cannot sign).
    """
    if not call_git(project, "show-ref", "--verify", "--quiet", f"refs/tags/{ref}").returncode:
        raise UsageError(f"the tag {ref} is there already", hint="`git fetch --tags`, then see `winnow models`")
    # Two assignments in one second have no order for GTO; a clock that goes slow must not undo the last one.
    when = max(int(time.time()), max((tag.created_s for tag in tags), default=0) + 1)
    sign = is_signing(project)
    done = call_git(
        project,
        *("tag", "--sign") if sign else ("tag", "--no-sign", "--annotate"),  # --annotate after --sign undoes it
        *("--cleanup=verbatim", "--file=-", ref, commit),
        stdin=message.encode(),
        variables={"GIT_COMMITTER_DATE": f"@{when} +0000"},
    )
    # Git 2.39 ends with 0 and an unsigned tag when ssh-keygen does not find the key.
    is_unsigned = sign and not done.returncode and not _has_signature(project, ref)
    if is_unsigned:
        delete_tag(project, ref)
    if done.returncode or is_unsigned:
        said = done.stderr.decode(errors="replace").strip() or "no message"
        raise MachineError(f"git tag failed: {said}", hint=_SIGNING if sign else "mend what Git names, and run again")


def _has_signature(project: Project, ref: str) -> bool:
    return bool(call_git(project, "for-each-ref", "--format=%(contents:signature)", f"refs/tags/{ref}").stdout.strip())


def delete_tag(project: Project, ref: str) -> None:
    """Remove a tag that nobody else has seen."""
    require_success(call_git(project, "tag", "--delete", ref))


def is_signing(project: Project) -> bool:
    """Return whether the user signs tags: by `tag.gpgSign`, or by a key in `user.signingKey`."""
    wish = call_git(project, "config", "--type=bool", "--get", "tag.gpgSign").stdout.decode().strip()
    return wish == "true" if wish else bool(call_git(project, "config", "--get", "user.signingKey").stdout.strip())


def identity(project: Project) -> str:
    """Return the name under which Git records what is done here. Raises MachineError without one."""
    done = require_success(call_git(project, "var", "GIT_COMMITTER_IDENT")).decode(errors="replace")
    return done.partition(" <")[0].strip()[:200] or os.environ.get("USER", "unknown")
