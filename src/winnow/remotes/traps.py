"""Options of a remote that look right and go wrong, found before anything is sent."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from winnow.remotes.credentials import KEY_FILE, google_endpoint
from winnow.remotes.settings import Remote

SECRETS = ("access_key_id", "secret_access_key", "session_token", "sse_customer_key", "password")
HNS = "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"
KEYLESS = "dvc remote modify --unset {name} {option}, and name the file in " + KEY_FILE


@dataclass(frozen=True)
class Trap:
    """One option, or the lack of one."""

    text: str
    hint: str
    is_fatal: bool = False
    """Whether nothing could work, or a secret is in the open."""


def find_traps(remote: Remote) -> list[Trap]:
    """Return what is wrong with a remote's options, the fatal ones first."""
    found = [*_any_storage(remote), *(_google(remote) if remote.address.kind == "gs" else ())]
    return sorted(found, key=lambda trap: not trap.is_fatal)


def _any_storage(remote: Remote) -> Iterator[Trap]:
    for option in SECRETS:
        if option in remote.committed:
            yield Trap(
                f"`{option}` stands in .dvc/config, which Git shows to everybody",
                f"revoke that key, then: dvc remote modify --unset {remote.name} {option}",
                is_fatal=True,
            )
    for option in ("version_aware", "worktree"):
        if remote.options.get(option):
            yield Trap(
                f"`{option}` is on: DVC then keeps files by name instead of by content, which is slow and deprecated",
                f"inv remote {remote.address.url} makes it a plain remote, which needs a new push",
            )


def _google(remote: Remote) -> Iterator[Trap]:
    if "credentialpath" in remote.options:
        yield _credential_path(remote)
    if project := remote.options.get("projectname"):
        yield Trap(
            f"`projectname` is {project!r}: where a credential names another project or none (workload identity), the "
            "client library drops it and asks as nobody",
            f"dvc remote modify --unset {remote.name} projectname: reading and writing need none",
        )
    endpoint = google_endpoint(remote)
    if endpoint and os.environ.get(HNS, "true").lower() != "false":
        yield Trap(
            f"every DVC process may wait a minute for Google to say what kind of bucket {endpoint} has",
            f"export {HNS}=false",
        )


def _credential_path(remote: Remote) -> Trap:
    hint = KEYLESS.format(name=remote.name, option="credentialpath")
    path = Path(str(remote.options["credentialpath"]))
    if not path.is_file():
        return Trap(f"`credentialpath` names {path}, which does not exist", hint, is_fatal=True)
    try:
        kind = json.loads(path.read_text(encoding="utf-8")).get("type")
    except (OSError, ValueError, AttributeError):
        return Trap(f"`credentialpath` names {path}, which is no credential file of Google's", hint, is_fatal=True)
    if kind not in ("service_account", "authorized_user"):
        text = f"`credentialpath` names a file of the type {kind!r}, which works only through {KEY_FILE}"
        return Trap(f"{text} (it fails with KeyError: 'refresh_token')", hint, is_fatal=True)
    where = "in .dvc/config, so that every other machine looks for it there" * ("credentialpath" in remote.committed)
    return Trap(f"`credentialpath` names a key file of this machine {where}".rstrip(), hint)
