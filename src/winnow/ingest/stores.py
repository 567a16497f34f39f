"""The places where DVC keeps a project's objects: its cache and every configured remote, looked into and cleared.

DVC's own classes do the work: they know every kind of storage and its credentials. An object's name is its MD5.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from winnow.data.parts import SCHEMA_OF_PARTS
from winnow.errors import MachineError, WinnowError
from winnow.project import Project
from winnow.repository.listings import open_repo

_ID_COLUMN = SCHEMA_OF_PARTS.get_field_index("id")
_MAGIC = b"ARROW1"
# Reads are small and far apart: a footer, and a column of ids a batch.
_BLOCK_BYTES = 1 << 16


@dataclass(frozen=True)
class Contents:
    """What an object has to do with images."""

    ids: pa.Array | None = None
    """Of a part's images; None: the object is no part."""

    made_from: str = ""
    """The part whose prepared pixels it holds; empty for another object."""


class Store:
    """A cache or a remote. Every method raises MachineError when it cannot be reached."""

    def __init__(self, name: str, open_odb: Callable[[], Any]) -> None:
        self.name = name
        self._open_odb = open_odb
        self._odb: Any = None
        self._refused: MachineError | None = None

    def connect(self) -> None:
        """Make sure that it can be reached."""
        with self._objects():
            pass

    def has(self, md5: str) -> bool:
        """Return whether an object is there."""
        with self._objects() as odb:
            # Not `exists`, which takes a broken connection for an absent file.
            try:
                odb.fs.info(odb.oid_to_path(md5))
            except FileNotFoundError:
                return False
            return True

    def look_into(self, md5: str) -> Contents | None:
        """Return what an object holds, reading a few kilobytes of it; None when it is not there."""
        with self._objects() as odb:
            try:
                stream = odb.fs.open(odb.oid_to_path(md5), "rb", block_size=_BLOCK_BYTES)
            except FileNotFoundError:
                return None
            with stream:
                return read_contents(stream)

    def read(self, md5: str) -> bytes | None:
        """Return a small object, None when it is not there."""
        with self._objects() as odb:
            try:
                return bytes(odb.fs.cat_file(odb.oid_to_path(md5)))
            except FileNotFoundError:
                return None

    def fetch(self, md5: str, path: Path) -> bool:
        """Copy an object to `path`; return whether it was there."""
        with self._objects() as odb:
            try:
                odb.fs.get_file(odb.oid_to_path(md5), str(path))
            except FileNotFoundError:
                return False
            return True

    def put(self, md5: str, path: Path) -> None:
        """Store a file as an object, unless it is there."""
        if self.has(md5):
            return
        with self._objects() as odb:
            from dvc.fs import LocalFileSystem

            odb.add(str(path), LocalFileSystem(), md5, check_exists=False)

    def delete(self, md5: str) -> bool:
        """Delete an object; return whether there was one. Raises MachineError unless it is gone afterwards."""
        if not self.has(md5):
            return False
        with self._objects() as odb:
            odb.delete(md5)
            odb.fs.fs.invalidate_cache()
        if self.has(md5):
            raise MachineError(f"{self.name} still has {md5} after it was deleted", hint="look at its permissions")
        return True

    @contextmanager
    def _objects(self) -> Iterator[Any]:
        if self._refused:
            raise self._refused  # who waited for it once need not wait again
        try:
            if self._odb is None:
                odb = self._open_odb()
                # An unmounted disk and a wrong bucket look like a store without objects: they must not.
                odb.fs.info(odb.path)
                self._odb = odb
            yield self._odb
        except WinnowError:
            raise
        except Exception as error:
            # Any library may stand behind a remote; the first line of its message says what is wrong.
            reason = next(iter(str(error).splitlines()), "") or type(error).__name__
            self._refused = MachineError(
                f"{self.name} cannot be reached: {reason}",
                hint=f"connect it; where nothing was ever pushed to it: dvc push, or dvc remote remove {self.name}",
            )
            raise self._refused from error


class Cache(Store):
    """DVC's cache on this machine: the one store that can be listed in no time."""

    def __init__(self, odb: Any) -> None:
        super().__init__("DVC's cache", lambda: odb)
        self.folder = Path(odb.path)
        self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, md5: str) -> Path:
        """Return where an object lies, or would."""
        return self.folder / md5[:2] / md5[2:]

    def md5s(self) -> Iterator[str]:
        """Yield the names of all objects but listings."""
        for path in sorted(self.folder.glob("??/*")):
            if path.is_file() and not path.suffix:
                yield path.parent.name + path.name


@contextmanager
def open_stores(project: Project) -> Iterator[tuple[Cache, list[Store]]]:
    """Yield DVC's cache and the configured remotes; errors as `open_repo`."""
    with open_repo(project) as repo, _silence():
        names = sorted(repo.config["remote"])
        remotes = [Store(name, partial(repo.cloud.get_remote_odb, name)) for name in names]
        yield Cache(repo.cache.local), remotes


@contextmanager
def _silence() -> Iterator[None]:
    """Keep libraries from printing how they failed: what failed is told once, by the error that is raised."""
    # Python prints what no handler takes.
    handler, root = logging.NullHandler(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def read_contents(stream: IO[bytes]) -> Contents:
    """Return what a file holds; only the ids of a part are read, not its images."""
    if stream.read(len(_MAGIC)) != _MAGIC:
        return Contents()
    try:
        stream.seek(0)
        schema = pa.ipc.open_file(pa.PythonFile(stream, mode="r")).schema
        if schema.names == SCHEMA_OF_PARTS.names:
            options = pa.ipc.IpcReadOptions(included_fields=[_ID_COLUMN])
            reader = pa.ipc.open_file(pa.PythonFile(stream, mode="r"), options=options)
            batches = [reader.get_batch(index)["id"] for index in range(reader.num_record_batches)]
            return Contents(ids=pa.concat_arrays([pa.array([], pa.string()), *batches]))
    except pa.ArrowInvalid:
        # Damaged, or somebody else's.
        return Contents()
    is_pixels = "pixels" in schema.names
    return Contents(made_from=(schema.metadata or {}).get(b"part", b"").decode() if is_pixels else "")
