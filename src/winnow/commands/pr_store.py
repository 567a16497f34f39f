"""`winnow pr store`: put what an untrusted run made into the remote, after looking at every byte of it.

It runs from the default branch's checkout: its configuration names the remote, no file of a pull request does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from winnow.errors import ExitCode
from winnow.markup.amounts import bytes_text
from winnow.project import Project
from winnow.pull_request.handed.storing import push_objects, verify_objects
from winnow.remotes.settings import read_remote
from winnow.repository.git import git_root

_OBJECTS = "objects"
"""The folder that the artifact was made of, where it is unpacked beside others."""


@dataclass(frozen=True)
class StoreResult:
    """What was stored."""

    url: str
    """Of the remote; empty without one."""
    num_objects: int = 0
    num_bytes: int = 0
    num_pushed: int = 0
    exit_code = ExitCode.OK

    def lines(self) -> Iterator[str]:
        """Return what to print."""
        if not self.url:
            yield "no remote is set in .dvc/config: nothing is stored"
            return
        yield f"{self.num_objects:,} objects, {bytes_text(self.num_bytes)}: all are what a dvc.lock names"
        yield f"pushed to {self.url}: {self.num_pushed:,}; already there: {self.num_objects - self.num_pushed:,}"


def pr_store(folder: Path) -> StoreResult:
    """Verify the objects in `folder`, and push them.

    A run that made nothing has handed over nothing: then there may be no such folder. Raises CheckError, before
    anything is pushed, for a file that has no business there; MachineError for a remote that cannot be reached.
    """
    project = Project(git_root(Project(Path.cwd())).resolve())
    # A handover that is to be refused is refused without a remote, too.
    inner = folder / _OBJECTS
    verified = verify_objects((inner if inner.is_dir() else folder).resolve())
    remote = read_remote(project)
    if remote is None:
        return StoreResult("")
    pushed = push_objects(project, verified) if verified.paths else 0
    return StoreResult(remote.address.url, len(verified.paths), verified.num_bytes, pushed)
