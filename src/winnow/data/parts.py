"""`data/images/part-<hash>.arrow`: encoded images packed into files that are never rewritten.

A part is an uncompressed Arrow IPC file. Equal images in equal order give equal bytes, whatever the system and the
version of pyarrow, so a part is named after its own hash.
"""

import hashlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, Self

import pyarrow as pa

from winnow.errors import FormatError, InputError
from winnow.files import disk_errors, fsync_folder
from winnow.schema import require_stamp, stamp

BATCH_BYTES = 4_000_000
BATCH_ROWS = 1024

ID_DIGITS = 20

SCHEMA_OF_PARTS = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("bytes", pa.binary()),
        pa.field("format", pa.string()),
        pa.field("mode", pa.string()),
        pa.field("width", pa.uint32()),
        pa.field("height", pa.uint32()),
    ],
    metadata={key: str(value) for key, value in stamp({}).items()},
)

# Not `astuple`: it copies every value.
_VALUES = attrgetter(*SCHEMA_OF_PARTS.names)
_NAME = re.compile(r"part-[0-9a-f]{20}\.arrow")
_OPTIONS = pa.ipc.IpcWriteOptions(metadata_version=pa.MetadataVersion.V5, compression=None)
_PULL = "get the part again: dvc checkout data/images.dvc, or dvc pull data/images.dvc"

Bytes = bytes


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One accepted image: its encoded bytes, and what its header said when it was taken in."""

    id: str
    bytes: Bytes
    format: str
    mode: str
    width: int
    height: int


def image_id(content: Bytes) -> str:
    """Return the id of an image: the first 20 hex digits of the SHA-256 of its encoded bytes."""
    return hashlib.sha256(content).hexdigest()[:ID_DIGITS]


class PartWriter:
    """Packs records into parts in a folder; use it as a context manager, then read `parts`.

    A part is closed when its images reach `part_size_bytes`. At most one batch (4 MB or 1,024 rows) is in memory. A
    finished part is on the disk (fsync) and carries its final name. After an error the unfinished one is removed.
    """

    def __init__(self, *, folder: Path, part_size_bytes: int) -> None:
        self.folder = folder
        self.parts: list[Path] = []
        self._part_size_bytes = part_size_bytes
        self._open: _OpenPart | None = None
        self._batch: list[ImageRecord] = []
        self._batch_bytes = 0
        self._part_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._finish_part()
        finally:
            if self._open:
                self._open.discard()

    def add(self, record: ImageRecord) -> None:
        """Append one image. Raises MachineError when the disk is full."""
        self._batch.append(record)
        self._batch_bytes += len(record.bytes)
        self._part_bytes += len(record.bytes)
        if self._part_bytes >= self._part_size_bytes:
            self._finish_part()
        elif self._batch_bytes >= BATCH_BYTES or len(self._batch) == BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._batch:
            return
        self._open = self._open or _OpenPart(self.folder)
        self._open.write(self._batch)
        self._batch = []
        self._batch_bytes = 0

    def _finish_part(self) -> None:
        self._flush()
        if self._open:
            self.parts.append(self._open.finish())
        self._open = None
        self._part_bytes = 0


class _OpenPart:
    """The part that is being written: its name is known when its last byte is."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f".part.{os.getpid()}.tmp"
        with disk_errors(self._path):
            self._file = self._path.open("wb")
            self._sink = _HashingSink(self._file)
            self._writer: Any = None

    def write(self, records: list[ImageRecord]) -> None:
        columns = zip(*map(_VALUES, records), strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA_OF_PARTS, strict=True)]
        with disk_errors(self._path):
            if self._writer is None:
                self._writer = pa.ipc.new_file(self._sink, SCHEMA_OF_PARTS, options=_OPTIONS)
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA_OF_PARTS))

    def finish(self) -> Path:
        assert self._writer is not None, "a part is opened to be written"
        with disk_errors(self._path):
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            final = self._path.with_name(f"part-{self._sink.digest.hexdigest()[:ID_DIGITS]}.arrow")
            self._path.replace(final)
            fsync_folder(final.parent)
        return final

    def discard(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


class _HashingSink(io.RawIOBase):
    """Hashes what passes through: an IPC file is written from front to back, so nothing is read again."""

    def __init__(self, file: IO[bytes]) -> None:
        self.digest = hashlib.sha256()
        self._file = file

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def write(self, block: Any) -> int:
        self.digest.update(block)
        return self._file.write(block)


def list_parts(folder: Path) -> list[Path]:
    """Return the parts in `folder`, sorted by name; none when it does not exist.

    Raises InputError for a file that is no part: the folder is tracked as a whole.
    """
    if not folder.is_dir():
        return []
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    for path in entries:
        if not _NAME.fullmatch(path.name):
            raise InputError(
                f"expected only part-<hash>.arrow in {folder}, got {path.name!r}",
                hint="move it elsewhere; `winnow add SOURCE` takes images in",
            )
    return entries


def part_name(path: Path) -> str:
    """Return `part-<hash>`, by which the index of the prepared pixels names a part."""
    return path.stem


def read_part(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield a part's batches, memory-mapped: bytes that are not looked at are not read.

    Raises FormatError for another schema, InputError for a part that is absent or corrupt.
    """
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
            _require_schema(reader.schema, path)
            for index in range(reader.num_record_batches):
                yield reader.get_batch(index)
    except FileNotFoundError:
        raise InputError(f"expected {path}, found nothing", hint=_PULL) from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path} is truncated or corrupt: {error}", hint=_PULL) from None


def part_ids(path: Path) -> pa.Array:
    """Return the ids in a part in the order of its rows, without touching the images. Raises as `read_part`."""
    # Not with Arrow's `included_fields`: it reads the whole map; a batch's column alone touches only its own pages.
    return pa.concat_arrays([pa.array([], pa.string()), *(batch["id"] for batch in read_part(path))])


def read_records(batch: pa.RecordBatch) -> Iterator[ImageRecord]:
    """Yield the rows of a batch as records."""
    for row in batch.to_pylist():
        yield ImageRecord(**row)


def _require_schema(schema: pa.Schema, path: Path) -> None:
    require_stamp({key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}, path)
    if list(schema) != list(SCHEMA_OF_PARTS):
        raise FormatError(f"{path}: expected the columns {list(SCHEMA_OF_PARTS)}, got {list(schema)}", hint=_PULL)
