"""`data/labels.csv`: one row an image, sorted by id, kept as columns so that a million rows stay small."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import pyarrow as pa
import pyarrow.compute as pc

from winnow.errors import InputError
from winnow.files import replacing

COLUMNS = ("id", "label", "name", "group", "split")
SPLITS = ("", "train", "val", "test", "vault")
"""What `split` may hold: empty (dealt by hash) or the split that the row is pinned to."""

_ID = re.compile(r"[0-9a-f]{20}")
_NEEDS_QUOTES = re.compile(r'[,"\r\n]')
_BLOCK_ROWS = 8192
_MEND = "mend the line, or take the file from Git: git checkout data/labels.csv"


@dataclass(frozen=True)
class Labels:
    """Rows as string columns `id, label, name, group, split` and further ones, sorted by id; every id is there once."""

    table: pa.Table

    @classmethod
    def empty(cls, further: Sequence[str] = ()) -> Self:
        """Return no rows, with the given further columns."""
        return cls.from_rows((), further)

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[str]], further: Sequence[str] = ()) -> Self:
        """Return rows of `id, label, name, group, split` and the `further` columns, sorted by id.

        Rows are taken in one by one: never more than a few thousand exist as Python objects. Raises InputError for an
        id that occurs twice.
        """
        schema = pa.schema([pa.field(name, pa.string()) for name in (*COLUMNS, *further)])
        table = pa.Table.from_batches(_batches(rows, schema), schema)
        return cls._sorted(table)

    @classmethod
    def _sorted(cls, table: pa.Table) -> Self:
        table = table.sort_by("id").combine_chunks()
        ids = table["id"]
        if len(ids) > 1:
            twice = pc.filter(ids[1:], pc.equal(ids[1:], ids[:-1]))
            if len(twice):
                raise InputError(f"expected every id once, got {twice[0].as_py()} twice", hint=_MEND)
        return cls(table)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def further(self) -> list[str]:
        """The names of the columns that winnow keeps and does not interpret."""
        return list(self.table.column_names[len(COLUMNS) :])

    def column(self, name: str) -> list[str]:
        """Return one column as strings, in the order of the ids."""
        values: list[str] = self.table[name].to_pylist()
        return values

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the rows one by one."""
        for batch in self.table.to_batches(max_chunksize=_BLOCK_ROWS):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def merged(self, other: "Labels") -> "Labels":
        """Return the rows of both; a further column that one of them lacks is empty there.

        Raises InputError for an id in both.
        """
        further = list(dict.fromkeys([*self.further, *other.further]))
        return self._sorted(pa.concat_tables([_with_columns(part.table, further) for part in (self, other)]))

    def only(self, ids: Collection[str]) -> "Labels":
        """Return the rows of these ids."""
        return Labels(self.table.filter(self._is_in(ids)))

    def without(self, ids: Collection[str]) -> "Labels":
        """Return the rows of all other ids."""
        return Labels(self.table.filter(pc.invert(self._is_in(ids))))

    def _is_in(self, ids: Collection[str]) -> pa.ChunkedArray:
        return pc.is_in(self.table["id"], value_set=pa.array(sorted(ids), pa.string()))

    def selected(self, *, label: str | None = None, split: str | None = None) -> "Labels":
        """Return the rows with this label and this pinned split (None: any)."""
        table = self.table
        for column, value in (("label", label), ("split", split)):
            if value is not None:
                table = table.filter(pc.equal(table[column], value))
        return Labels(table)

    def relabelled(self, changes: Mapping[str, str]) -> "Labels":
        """Return all rows, with `changes` (id -> new label) applied."""
        label = pa.array(
            [changes.get(image, old) for image, old in zip(self.column("id"), self.column("label"), strict=True)],
            pa.string(),
        )
        return Labels(self.table.set_column(COLUMNS.index("label"), "label", label))


def class_names(labels: Labels) -> list[str]:
    """Return the labels that occur, sorted, the empty one left out."""
    return sorted(name for name in pc.unique(labels.table["label"]).to_pylist() if name)


def read_labels(path: Path) -> Labels:
    """Read `labels.csv`; CRLF, a byte order mark and any order of rows and columns are tolerated.

    Raises InputError, with the line, for a missing file or column, a malformed row, an id that is not 20 hex digits
    or occurs twice, and an unknown split.
    """
    try:
        with path.open("rb") as stream:
            return parse_labels(stream, str(path))
    except FileNotFoundError:
        is_recorded = path.with_name(f"{path.name}.dvc").exists()
        hint = "dvc pull data/labels.csv.dvc" if is_recorded else "`winnow add SOURCE` writes it"
        raise InputError(f"expected {path}, found nothing", hint=hint) from None


def parse_labels(stream: IO[bytes], source: str) -> Labels:
    """Return the content of a `labels.csv`, which errors call `source`; errors as `read_labels`."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        reader = csv.reader(text, strict=True)
        header = next(reader, [])
        further = _further(header, source)
        order = [header.index(name) for name in (*COLUMNS, *further)]
        lines = ((reader.line_num, cells) for cells in reader if cells)
        return Labels.from_rows(_checked_rows(lines, len(header), order, source), further)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{source} is not a CSV file in UTF-8: {error}", hint=_MEND) from None
    finally:
        # The stream is the caller's to close.
        text.detach()


def write_labels(path: Path, labels: Labels) -> None:
    """Replace `labels.csv`, atomically; the same rows give the same bytes (LF, UTF-8, quotes where needed)."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        stream.write(_line((*COLUMNS, *labels.further)))
        stream.writelines(map(_line, labels.rows()))


def _line(cells: Sequence[str]) -> str:
    # Not csv.writer: which characters it quotes depends on the version of Python.
    quoted = ('"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES.search(cell) else cell for cell in cells)
    return ",".join(quoted) + "\n"


def _batches(rows: Iterable[Sequence[str]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    block: list[Sequence[str]] = []
    for row in rows:
        block.append(row)
        if len(block) == _BLOCK_ROWS:
            yield _batch(block, schema)
            block = []
    if block:
        yield _batch(block, schema)


def _batch(rows: list[Sequence[str]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _with_columns(table: pa.Table, further: Sequence[str]) -> pa.Table:
    for name in further:
        if name not in table.column_names:
            table = table.append_column(name, pa.array([""] * table.num_rows, pa.string()))
    return table.select([*COLUMNS, *further])


def _further(header: list[str], source: str) -> list[str]:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(
            f"{source}, line 1: expected the columns {','.join(COLUMNS)}, got no `{missing[0]}`",
            hint="the first line names the columns",
        )
    if len(set(header)) != len(header) or "" in header:
        raise InputError(
            f"{source}, line 1: expected every column named, and named once, got {','.join(header)}", hint=_MEND
        )
    return [name for name in header if name not in COLUMNS]


def _checked_rows(
    lines: Iterable[tuple[int, list[str]]], num_columns: int, order: list[int], source: str
) -> Iterator[tuple[str, ...]]:
    for line, cells in lines:
        where = f"{source}, line {line}"
        if len(cells) != num_columns:
            raise InputError(f"{where}: expected {num_columns} cells, got {len(cells)}", hint=_MEND)
        row = tuple(cells[index] for index in order)
        if not _ID.fullmatch(row[0]):
            raise InputError(f"{where}: expected an id of 20 hex digits, got {row[0]!r}", hint=_MEND)
        if row[4] not in SPLITS:
            expected = ", ".join(SPLITS[1:])
            raise InputError(f"{where}: expected an empty split or one of {expected}, got {row[4]!r}", hint=_MEND)
        yield row
