"""Reaching a remote's storage as DVC does, one small object at a time, and without waiting for long."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from winnow.errors import InputError, MachineError
from winnow.remotes.settings import INSTALL, Remote

TIMEOUT_S = 15.0
"""For one operation; the client libraries would try again for half a minute and more."""


class Storage(Protocol):
    """What the doctor does with a remote; names are relative to it. Errors are those of the client library."""

    def write(self, name: str, content: bytes) -> None:
        """Make an object."""

    def names(self) -> list[str]:
        """Return what lies at the top of the remote."""

    def read(self, name: str) -> bytes:
        """Return an object's bytes."""

    def delete(self, name: str) -> None:
        """Remove an object."""


@dataclass(frozen=True)
class Folder:
    """A folder of this machine or of one that it has mounted."""

    folder: Path

    def write(self, name: str, content: bytes) -> None:
        """Make a file; never the folder: where a disk is not mounted, that would be the wrong one."""
        (self.folder / name).write_bytes(content)

    def names(self) -> list[str]:
        """Return what lies in the folder."""
        return [path.name for path in self.folder.iterdir()]

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        return (self.folder / name).read_bytes()

    def delete(self, name: str) -> None:
        """Remove a file."""
        (self.folder / name).unlink()


@dataclass(frozen=True)
class Bucket:
    """A path in a bucket, through the client library that DVC uses, with the options that DVC would give it."""

    client: Any
    """gcsfs.GCSFileSystem or s3fs.S3FileSystem."""

    path: str
    timeout_s: float = TIMEOUT_S

    def write(self, name: str, content: bytes) -> None:
        """Make an object."""
        # `timeout` is fsspec's own: it ends the waiting, not the work.
        self.client.pipe_file(f"{self.path}/{name}", content, timeout=self.timeout_s)

    def names(self) -> list[str]:
        """Return the last parts of the names at the top of the path; empty where nothing is."""
        with suppress(FileNotFoundError):
            found = self.client.ls(self.path, detail=False, refresh=True, timeout=self.timeout_s)
            return [str(name).rstrip("/").rpartition("/")[2] for name in found]
        return []

    def read(self, name: str) -> bytes:
        """Return an object's bytes."""
        return bytes(self.client.cat_file(f"{self.path}/{name}", timeout=self.timeout_s))

    def delete(self, name: str) -> None:
        """Remove an object."""
        self.client.rm_file(f"{self.path}/{name}", timeout=self.timeout_s)


class Retries(logging.Handler):
    """Keeps what a client library says about the attempts that it makes again, instead of printing it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Remember the reason."""
        _, found, reason = record.getMessage().partition("exception: ")
        self.last = reason.strip() if found else self.last


@contextmanager
def quiet(library: str) -> Iterator[Retries]:
    """Keep a library's log off the terminal."""
    logger = logging.getLogger(library)
    before = logger.handlers[:], logger.level, logger.propagate
    retries = Retries()
    logger.handlers[:], logger.propagate = [retries], False
    logger.setLevel(logging.DEBUG)
    try:
        yield retries
    finally:
        logger.handlers[:], logger.propagate = before[0], before[2]
        logger.setLevel(before[1])


def open_storage(remote: Remote) -> Storage:
    """Return the storage of a remote, its credential looked up but not tried.

    Raises MachineError where the package for this kind of storage is missing, InputError for a credential file that the
    client library cannot read.
    """
    if not remote.address.is_cloud:
        return Folder(Path(remote.address.path))
    from dvc.fs import get_cloud_fs

    try:
        # Not at the top: without the package for this kind of storage DVC fails here.
        make, options, path = get_cloud_fs({}, url=remote.address.url, **remote.options)
        with quiet("google"), quiet("gcsfs"):
            return Bucket(make(**options).fs, path)
    except ImportError as error:
        raise MachineError(f"{error}", hint=INSTALL) from None
    except Exception as error:
        # What goes wrong in reading a key file has no common class: json, KeyError, google.auth, botocore.
        raise InputError(
            f"the credential for {remote.address.url} cannot be read: {type(error).__name__}: {error}",
            hint="docs/remote.md tells which files work",
        ) from error
