"""Blocks for a terminal: nothing but printable characters, tables aligned."""

from collections.abc import Iterator, Sequence
from itertools import compress

from winnow.markup.blocks import Block, Link, Row, Symbol, pieces
from winnow.markup.markdown import more

MAX_ROWS = 20


def to_text(blocks: Sequence[Block], *, rest: str = "") -> list[str]:
    """Return the lines to print, an empty one between blocks; `rest` says where rows are that are not shown."""
    lines: list[str] = []
    for block in blocks:
        lines += ["", *_block(block, rest)]
    return lines[1:]


def line_text(line: Sequence[str]) -> str:
    """Return a sentence without its decorations."""
    return "".join(map(_piece, line))


def _piece(piece: str) -> str:
    match piece:
        case Symbol():
            return ""
        case Link():
            return f"{piece}: {piece.url}"
    return piece


def _block(block: Block, rest: str) -> Iterator[str]:
    yield block.title + (f": {line_text(block.digest)}" if block.digest else "")
    yield from (f"  {line_text(line)}" for line in block.lines)
    yield from _table(block, rest)
    yield from (f"  {command}" for command in block.code)
    for inner in block.inner:
        yield from (f"  {line}" for line in _block(inner, rest))


def _table(block: Block, rest: str) -> Iterator[str]:
    if not block.rows:
        return
    rows = [*map(_cells, block.rows[:MAX_ROWS])]
    # A column of decorations has nothing to show.
    is_shown = [any(column) for column in zip(*rows, strict=True)]
    shown = [[*compress(row, is_shown)] for row in ([*block.header], *rows)]
    sides = [*compress(block.column_sides, is_shown)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = [
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, side, width in zip(row, sides, widths, strict=True)
        ]
        yield f"  {'  '.join(cells).rstrip()}"
    if len(block.rows) > MAX_ROWS:
        yield f"  and {more(block, MAX_ROWS, rest)}"


def _cells(row: Row) -> list[str]:
    return [line_text(pieces(cell)) for cell in row]
