"""Where a log lies: a folder, or any storage that fsspec knows. Objects are put, listed, read and deleted whole."""

from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from winnow.errors import MachineError, UsageError
from winnow.files import write_bytes

_EXTRA = "pip install 'winnow[serve-cloud]' for gs:// and s3://; a folder needs nothing"


class Target(Protocol):
    """A place for objects, by names with slashes. What goes wrong is raised as it comes, and may be anything."""

    def put(self, name: str, content: bytes) -> None:
        """Write an object; the same content under the same name may come twice."""

    def names(self, prefix: str) -> list[str]:
        """Return the names below a folder, sorted; none where there is none."""

    def read(self, name: str) -> bytes:
        """Return an object."""

    def delete(self, name: str) -> None:
        """Remove an object; one that is gone already is fine."""


def open_target(address: str) -> Target:
    """Return the place at an address: a path, `file://...`, or a URL of fsspec. Nothing is asked of it yet.

    Raises UsageError for a kind of storage that nobody knows, MachineError where its client is not installed.
    """
    if "://" not in address:
        return Folder(Path(address).absolute())
    if address.startswith("file://"):
        return Folder(Path(url2pathname(urlsplit(address).path)))
    return Storage(address)


class Folder:
    """A folder of this machine; also a mounted bucket."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, content: bytes) -> None:
        """Write an object: readers see all of it or nothing."""
        write_bytes(self._root / name, content)

    def names(self, prefix: str) -> list[str]:
        """Return the names below a folder."""
        paths = (self._root / prefix).rglob("*")
        return sorted(path.relative_to(self._root).as_posix() for path in paths if path.is_file())

    def read(self, name: str) -> bytes:
        """Return an object."""
        return (self._root / name).read_bytes()

    def delete(self, name: str) -> None:
        """Remove an object."""
        (self._root / name).unlink(missing_ok=True)


class Storage:
    """A storage that fsspec knows. It is connected to when it is first needed: a service starts while it is down."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connected: tuple[Any, str] | None = None
        scheme = address.partition("://")[0]
        try:
            from fsspec import get_filesystem_class

            get_filesystem_class(scheme)
        except ImportError as error:
            raise MachineError(f"the client for {scheme}:// is not installed: {error}", hint=_EXTRA) from None
        except ValueError:
            raise UsageError(
                f"expected a folder or an address that fsspec knows, got {scheme}://", hint="gs://bucket/folder, say"
            ) from None

    def put(self, name: str, content: bytes) -> None:
        """Write an object."""
        files, root = self._connect()
        path = f"{root}/{name}"
        try:
            files.pipe_file(path, content)
        except FileNotFoundError:
            # Not before: object storages have no folders, and some would ask for the right to make a bucket.
            files.makedirs(path.rpartition("/")[0], exist_ok=True)
            files.pipe_file(path, content)

    def names(self, prefix: str) -> list[str]:
        """Return the names below a folder."""
        files, root = self._connect()
        return sorted(path.removeprefix(root).lstrip("/") for path in files.find(f"{root}/{prefix}"))

    def read(self, name: str) -> bytes:
        """Return an object."""
        files, root = self._connect()
        return bytes(files.cat_file(f"{root}/{name}"))

    def delete(self, name: str) -> None:
        """Remove an object."""
        files, root = self._connect()
        try:
            files.rm_file(f"{root}/{name}")
        except FileNotFoundError:
            return

    def _connect(self) -> tuple[Any, str]:
        if self._connected is None:
            from fsspec.core import url_to_fs

            # Without the cache of listings, other replicas' objects are seen.
            files, root = url_to_fs(self._address, use_listings_cache=False)
            self._connected = files, root.rstrip("/")
        return self._connected
