"""Whether a remote can be read from here, found out without writing one byte: a run without rights may not."""

from dataclasses import dataclass
from typing import Literal

from winnow.errors import WinnowError
from winnow.project import Project
from winnow.remotes.credentials import find_credential
from winnow.remotes.settings import Remote, read_remote
from winnow.remotes.storage import open_storage, quiet
from winnow.remotes.traps import find_traps


@dataclass(frozen=True)
class RemoteState:
    """What became of the question."""

    state: Literal["none", "readable", "not readable"]
    reason: str = ""
    """Why it is not readable."""


def find_remote_state(project: Project, *, may_ask: bool = True) -> RemoteState:
    """List the remote's top level with the credential that DVC would use; unless `may_ask`, send nothing at all."""
    try:
        remote = read_remote(project)
        if remote is None:
            return RemoteState("none")
        problem = _problem(remote) if may_ask else "this run does not ask it"
    except WinnowError as error:
        problem = error.message
    return RemoteState("not readable" if problem else "readable", problem)


def _problem(remote: Remote) -> str:
    trap = next((trap for trap in find_traps(remote) if trap.is_fatal), None)
    if trap:
        return trap.text
    storage = open_storage(remote)
    if problem := find_credential(remote, storage).problem:
        return problem
    try:
        with quiet("gcsfs"), quiet("s3fs"):
            storage.names()
    except FileNotFoundError:
        return f"{remote.address.url} does not exist"
    except Exception as error:  # noqa: BLE001 - the errors of aiohttp, google-auth, botocore … share no base class
        return " ".join(str(error).split()) or type(error).__name__
    return ""
