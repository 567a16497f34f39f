"""Which images a batch has: the files below a folder, the lines of a list, or the objects of a bucket.

A listing is read lazily and always in the same order, so that it can be gone through twice, of any length.
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from winnow.errors import InputError, UsageError
from winnow.evaluation.object_storage import is_url, list_objects

LISTS = (".csv", ".txt")
UNKNOWN_BYTES = 128_000
"""What counts as the size of a file that is named only: bounds what is read at a time."""
KNOWN = "a folder, a list (.txt with a path a line, .csv with a column `path`), gs://BUCKET/PATH or s3://BUCKET/PATH"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that may be an image."""

    name: str
    """As the source names it: below the folder or the bucket's path, or as the list says. Printable as UTF-8."""

    place: str
    """An absolute path or a URL."""

    num_bytes: int
    version: str
    """Another one when the content is another one; empty where nobody says."""


def list_entries(source: str) -> Iterator[Entry]:
    """Yield what `source` names.

    Raises UsageError when it is no source, InputError when it is absent or malformed, MachineError when a storage does
    not answer. Of a folder no more than one level's names are in memory, of a bucket one page's.
    """
    if is_url(source):
        for name, url, num_bytes, version in list_objects(source):
            yield Entry(name, url, num_bytes, version)
        return
    path = Path(source).absolute()
    if path.is_dir():
        yield from _walk(str(path), "")
    elif not path.exists():
        raise InputError(f"expected {KNOWN}, found no {source}", hint="check the spelling and the folder you are in")
    elif path.suffix.lower() in LISTS:
        yield from _lines(path)
    else:
        raise UsageError(f"expected {KNOWN}, got the file {source}", hint="winnow predict IMAGE answers for one image")


def _walk(folder: str, prefix: str) -> Iterator[Entry]:
    """Yield the files below a folder in the order of their paths; hidden ones are left out, links never followed."""
    try:
        with os.scandir(folder) as entries:
            kept = (entry for entry in entries if not entry.name.startswith("."))
            # Names alone: a folder may hold a million.
            names = sorted(f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name for entry in kept)
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}", hint="check its owner and mode") from None
    for name in names:
        inner = os.path.join(folder, name.rstrip("/"))  # noqa: PTH118 - pathlib would rewrite odd names
        if name.endswith("/"):
            yield from _walk(inner, prefix + name)
        else:
            yield _file(inner, prefix + name)


def _lines(path: Path) -> Iterator[Entry]:
    """Yield what the lines of a list name; paths are relative to the list's folder."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            cells = _csv_cells(stream, path) if path.suffix.lower() == ".csv" else map(str.strip, stream)
            for cell in cells:
                if is_url(cell):
                    yield Entry(cell, cell, UNKNOWN_BYTES, "")
                elif cell:
                    yield _file(os.path.join(path.parent, cell), cell)  # noqa: PTH118 - as above
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a list in UTF-8: {error}", hint=f"expected {KNOWN}") from None


def _csv_cells(stream: Iterator[str], path: Path) -> Iterator[str]:
    reader = csv.reader(stream, strict=True)
    header = [name.strip() for name in next(reader, [])]
    if "path" not in header:
        raise InputError(
            f"{path}, line 1: expected a column `path`, got {','.join(header)!r}", hint=f"expected {KNOWN}"
        )
    column = header.index("path")
    for row in reader:
        if row and len(row) != len(header):
            where = f"{path}, line {reader.line_num}"
            raise InputError(f"{where}: expected {len(header)} cells, got {len(row)}", hint="quote commas in names")
        yield row[column] if row else ""


def _file(place: str, name: str) -> Entry:
    printable = os.fsencode(name).decode("utf-8", "backslashreplace")
    try:
        status = os.lstat(place)
    except (OSError, ValueError):
        # Whoever reads it says what is wrong with it.
        return Entry(printable, place, 0, "absent")
    return Entry(printable, place, status.st_size, f"{status.st_size} {status.st_mtime_ns}")
