"""Probing a remote with one tiny object: written, listed, read, deleted; and which permission is missing."""

import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Literal

from winnow.remotes.address import Address
from winnow.remotes.settings import Remote
from winnow.remotes.storage import Storage, quiet

CONTENT = b"winnow doctor remote\n"
PREFIX = ".winnow-probe-"
STEPS = ("write", "list", "read", "delete")

_PERMISSIONS = {
    "gs": dict(zip(STEPS, [f"storage.objects.{verb}" for verb in ("create", "list", "get", "delete")], strict=True)),
    "s3": dict(zip(STEPS, ["s3:PutObject", "s3:ListBucket", "s3:GetObject", "s3:DeleteObject"], strict=True)),
    "folder": dict(zip(STEPS, ["write", "read", "read", "write"], strict=True)),
}
_NAMED = re.compile(r"\b(?:storage\.[a-z]+\.[A-Za-z]+|s3:[A-Z][A-Za-z]+)\b")
_DENIED = re.compile(r"forbidden|access ?denied|permission|does not have|403", re.IGNORECASE)
_UNKNOWN_CALLER = re.compile(
    r"\b401\b|invalid credentials|anonymous caller|unauthorized|invalid_grant|InvalidAccessKeyId|SignatureDoesNotMatch"
    r"|ExpiredToken|access key id you provided|security token",
    re.IGNORECASE,
)
_MAX_TEXT = 300
# The least that allows each step; whoever pushes need not be able to delete.
_GOOGLE_ROLES = {"write": "objectCreator", "delete": "objectUser"}


@dataclass(frozen=True)
class Step:
    """What became of one of `STEPS`."""

    name: str
    state: Literal["ok", "failed", "untried"]
    """Untried: an earlier step said enough."""

    permission: str = ""
    """The one that is missing, as the storage calls it."""

    problem: str = ""
    hint: str = ""

    def records(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def probe(remote: Remote, storage: Storage, identity: str = "") -> list[Step]:
    """Write an object, look for it, read it and delete it; `identity` is named where a role is to be granted.

    Where it may not be written, listing and reading are tried all the same: enough for a pull.
    """
    name = PREFIX + secrets.token_hex(8)
    address = remote.address
    written = _try(address, "write", lambda: storage.write(name, CONTENT), identity)
    if written.state == "failed" and not written.permission:
        return [written, *(Step(step, "untried") for step in STEPS[1:])]
    names: list[str] = []
    listed = _try(address, "list", lambda: names.extend(storage.names()), identity)
    if written.state != "ok":
        # Who may read is told that it is not there, who may not is refused.
        read = _try(address, "read", lambda: _read_in_vain(storage, name), identity)
        return [written, listed, read, Step("delete", "untried")]
    if listed.state == "ok" and name not in names:
        listed = Step("list", "failed", problem="what was just written is not in the list")
    read = _try(address, "read", lambda: _require_same(storage.read(name)), identity)
    return [written, listed, read, _try(address, "delete", lambda: storage.delete(name), identity)]


def can_pull(steps: Sequence[Step]) -> bool:
    """Return whether nothing speaks against a pull."""
    states = {step.name: step.state for step in steps}
    return states["list"] == states["read"] == "ok"


def _read_in_vain(storage: Storage, name: str) -> None:
    with suppress(FileNotFoundError):
        storage.read(name)


def _require_same(content: bytes) -> None:
    if content != CONTENT:
        raise OSError(f"expected the {len(CONTENT)} bytes that were written, got {len(content)}")


def _try(address: Address, step: str, action: Callable[[], None], identity: str) -> Step:
    with quiet("gcsfs") as retries, quiet("s3fs"):
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the errors of aiohttp, google-auth, botocore … share no base class
            return _explain(address, step, error, retries.last, identity)
    return Step(step, "ok")


def _explain(address: Address, step: str, error: Exception, last_attempt: str, identity: str) -> Step:
    """Say what an error means, and what mends it."""
    text = f"{error} {last_attempt}" if isinstance(error, TimeoutError) else f"{error}"
    text = " ".join(text.split())[:_MAX_TEXT]
    if _UNKNOWN_CALLER.search(text):
        hint = "log in again; a service account's key may have been revoked"
        return Step(step, "failed", problem=f"the storage does not accept the credential: {text}", hint=hint)
    if isinstance(error, FileNotFoundError):
        return Step(step, "failed", problem=f"{_place(address)} does not exist", hint=_make(address))
    if isinstance(error, PermissionError) or _DENIED.search(text):
        named = _NAMED.search(text)
        permission = named[0] if named else _PERMISSIONS[address.kind][step]
        # A refusal may have other reasons, a bill not paid among them: the storage's own words stay.
        problem = f"{permission} is missing" if named else f"refused, most likely for want of {permission}: {text}"
        return Step(step, "failed", permission, problem, _grant(address, step, identity))
    if isinstance(error, TimeoutError):
        text = f"no success in time: {last_attempt or 'no answer'}"
    hint = "is the address right, and does the network reach it?"
    return Step(step, "failed", problem=f"{type(error).__name__}: {text}", hint=hint)


def _place(address: Address) -> str:
    return f"the bucket {address.bucket}" if address.is_cloud else f"the folder {address.path}"


def _make(address: Address) -> str:
    if address.kind == "gs":
        return f"gcloud storage buckets create gs://{address.bucket} --uniform-bucket-level-access, or mend the address"
    if address.kind == "s3":
        return f"aws s3 mb s3://{address.bucket}, or mend the address"
    return "mount its disk, or make it; dvc push would make it wherever it is not mounted"


def _grant(address: Address, step: str, identity: str) -> str:
    if address.kind == "gs":
        role = f"roles/storage.{_GOOGLE_ROLES.get(step, 'objectViewer')}"
        member = f"serviceAccount:{identity}" if "gserviceaccount" in identity else identity or "MEMBER"
        grant = "gcloud storage buckets add-iam-policy-binding"
        return f"{grant} gs://{address.bucket} --member={member} --role={role}"
    if address.kind == "s3":
        return "allow it in the policy of the user or role (docs/remote.md has the smallest one)"
    return f"check the owner and the mode of {address.path}"
