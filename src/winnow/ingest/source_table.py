"""A CSV file with the columns `path,label`, optionally `group,split`, and any further ones."""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from winnow.data.labels import COLUMNS, SPLITS
from winnow.errors import InputError
from winnow.ingest.names import clean
from winnow.ingest.source_folder import SPLIT_FOLDERS
from winnow.ingest.source_item import SourceItem

_OWN = ("path", "label", "group", "split")
_MAX_CELL = 4096
"""Characters of a path, a label, a group: no system opens a longer path, and accents compose in quadratic time."""

_EXPORT = "save the table as CSV, comma separated, in UTF-8"


class TableSource:
    """The images that a CSV file lists; paths are relative to its folder.

    A byte order mark, CRLF and quotes are fine. Equal rows count once; one path with two different rows is refused.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns, self.further = _read_header(path)
        self._num_images, self.num_repeated_rows = self._check()

    def count(self) -> int:
        """Return how many images are listed."""
        return self._num_images

    def items(self) -> Iterator[SourceItem]:
        """Yield the images in the order of the rows."""
        seen: set[str] = set()
        for _, image, cells in self._rows():
            if image in seen:
                continue
            seen.add(image)
            full = os.path.join(self._path.parent, image)  # noqa: PTH118 - pathlib would rewrite odd names
            yield SourceItem(
                name=clean(image.replace(os.sep, "/")),
                label=cells["label"],
                path=full,
                num_bytes=_size(full),
                group=cells["group"],
                split=cells["split"],
                further=tuple(cells[name] for name in self.further),
            )

    def _check(self) -> tuple[int, int]:
        """Read the whole table once before anything is taken from it: return its numbers of images and repeats."""
        seen: dict[str, str] = {}
        num_repeated = 0
        for line, image, cells in self._rows():
            said = ", ".join(f"{name} {value!r}" for name, value in cells.items())
            first = seen.setdefault(image, said)
            num_repeated += first is not said
            if first != said:
                raise InputError(
                    f"{self._path}, line {line}: {image!r} is listed twice: as {first}, and as {said}",
                    hint="keep the row that is right",
                )
        if not seen:
            raise InputError(f"{self._path} lists no image", hint="one row an image: path,label")
        return len(seen), num_repeated

    def _rows(self) -> Iterator[tuple[int, str, dict[str, str]]]:
        """Yield line number, path and the other cells by column."""
        with _reading(self._path) as stream:
            reader = csv.reader(stream, strict=True)
            next(reader)
            for row in reader:
                if row:
                    yield reader.line_num, *self._parse(row, f"{self._path}, line {reader.line_num}")

    def _parse(self, row: list[str], where: str) -> tuple[str, dict[str, str]]:
        if len(row) != len(self._columns):
            raise InputError(
                f"{where}: expected {len(self._columns)} cells, got {len(row)}", hint="quote commas in names"
            )
        cells = dict.fromkeys(_OWN, "") | dict(zip(self._columns, row, strict=True))
        for name in _OWN:
            if len(cells[name]) > _MAX_CELL:
                raise InputError(
                    f"{where}: expected at most {_MAX_CELL} characters as `{name}`", hint="shorten the cell"
                )
        image = os.path.normpath(cells.pop("path"))
        if image == ".":
            raise InputError(f"{where}: expected a path, got an empty cell", hint="drop the row, or name its image")
        for name in ("label", "group", "split"):
            cells[name] = clean(cells[name].strip())
        cells["split"] = SPLIT_FOLDERS.get(cells["split"], cells["split"])
        if cells["split"] not in SPLITS:
            expected = ", ".join(SPLITS[1:])
            raise InputError(
                f"{where}: expected an empty split or one of {expected}, got {cells['split']!r}",
                hint="an empty split is dealt by hash",
            )
        return image, cells


def _read_header(path: Path) -> tuple[list[str], tuple[str, ...]]:
    """Return the names of all columns, and of the further ones among them."""
    with _reading(path) as stream:
        columns = [name.strip() for name in next(csv.reader(stream, strict=True), [])]
    missing = [name for name in ("path", "label") if name not in columns]
    if missing:
        raise InputError(f"{path}, line 1: expected the columns path,label, got {','.join(columns)!r}", hint=_EXPORT)
    further = tuple(name for name in columns if name not in _OWN)
    if len(set(columns)) != len(columns) or not all(further) or any(clean(name) != name for name in further):
        message = f"{path}, line 1: expected every column named plainly, and named once, got {columns}"
        raise InputError(message, hint=_EXPORT)
    # `evaluate` writes prob_<class> beside the further columns.
    taken = [name for name in further if name in COLUMNS or name.startswith("prob_")]
    if taken:
        raise InputError(f"{path}, line 1: `{taken[0]}` is a column that winnow writes", hint="rename the column")
    return columns, further


@contextmanager
def _reading(path: Path) -> Iterator[IO[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield stream
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", hint="check its owner and mode") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a CSV file in UTF-8: {error}", hint=_EXPORT) from None


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except (OSError, ValueError):
        return 0
