"""Blocks as GitHub Markdown that fits into a comment: valid however short it must be, inert whatever users wrote."""

import re
from collections.abc import Iterator, Sequence

from winnow.markup.blocks import Block, Row, pieces
from winnow.markup.mermaid import to_mermaid
from winnow.markup.quoting import inline, own

MAX_CHARS = 60_000
"""GitHub refuses comments over 65,536 characters; what is put around them needs room, too."""

_ROWS = (100, 50, 20, 10, 5)
_FEWER = (2, 0)
_RULES = {"l": "---", "r": "---:"}


def to_markdown(blocks: Sequence[Block], *, max_chars: int = MAX_CHARS, rest: str = "") -> str:
    """Return a page of at most `max_chars` characters, but the first heading at least; `rest` says where all is.

    Tables become shorter first, and say by how much. Then whole blocks go, from the last one up but for those that
    are kept, and a note names them. A page is never cut within a table or a fence.
    """
    pages = (_page(blocks, dropped, max_rows, rest) for dropped, max_rows in _ever_shorter(blocks))
    fitting = next((page for page in pages if len(page) <= max_chars), None)
    heading = Block(blocks[0].title, symbol=blocks[0].symbol, digest=blocks[0].digest)
    return _page([heading], set(), 0, rest) if fitting is None else fitting


def _ever_shorter(blocks: Sequence[Block]) -> Iterator[tuple[set[int], int]]:
    """Yield what to drop, by place, and how many rows to show."""
    yield from ((set(), max_rows) for max_rows in _ROWS)
    last_first = range(len(blocks) - 1, 0, -1)
    dropped: set[int] = set()
    for place in (place for place in last_first if not blocks[place].is_kept):
        dropped = {*dropped, place}
        yield dropped, _ROWS[-1]
    yield from ((dropped, max_rows) for max_rows in _FEWER)
    for place in (place for place in last_first if blocks[place].is_kept):
        dropped = {*dropped, place}
        yield dropped, 0


def _page(blocks: Sequence[Block], dropped: set[int], max_rows: int, rest: str) -> str:
    lines: list[str] = []
    for place, block in enumerate(blocks):
        lines += _block(block, max_rows, rest, level=4 if place else 3) if place not in dropped else ()
    if dropped:
        left_out = ", ".join(own(blocks[place].title) for place in sorted(dropped))
        lines += [f"Left out, because a comment has a limit: {left_out}{_where(rest)}.", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _block(block: Block, max_rows: int, rest: str, level: int = 5) -> Iterator[str]:
    """Yield the lines of a block, an empty one last."""
    if block.is_folded:
        yield from ("<details>", f"<summary>{_summary(block)}</summary>", "")
    else:
        yield from (f"{'#' * level} {_title(block)}{_digest(block)}", "")
    yield from (f"- {inline(line)}" for line in block.lines)
    yield from [""] if block.lines else []
    yield from _table(block, min(max_rows, block.max_rows), rest)
    for chart in map(to_mermaid, block.charts):
        yield from [*chart, ""] if chart else []
    yield from _fence(block.code)
    for inner in block.inner:
        yield from _block(inner, max_rows, rest)
    yield from ("</details>", "") if block.is_folded else ()


def _summary(block: Block) -> str:
    if block.digest:
        return f"<b>{_title(block)}</b>{_digest(block)}"
    return _title(block) + (f" ({len(block.rows):,})" if block.rows else "")


def _title(block: Block) -> str:
    return own(f"{block.symbol} {block.title}" if block.symbol else block.title)


def _digest(block: Block) -> str:
    return f": {inline(block.digest)}" if block.digest else ""


def _table(block: Block, max_rows: int, rest: str) -> Iterator[str]:
    shown = block.rows[:max_rows]
    if shown:
        yield from (_row(block.header), _row([_RULES[side] for side in block.column_sides]))
        yield from map(_row, shown)
        yield ""
    if len(block.rows) > len(shown):
        yield from (f"and {more(block, len(shown), rest)}", "")


def more(block: Block, num_shown: int, rest: str) -> str:
    """Return how many rows are not shown, and where they are."""
    return f"{len(block.rows) - num_shown:,} more{_where(rest)}"


def _where(rest: str) -> str:
    return f" ({rest})" if rest else ""


def _row(cells: Row | Sequence[str]) -> str:
    return f"| {' | '.join(inline(pieces(cell)) for cell in cells)} |"


def _fence(code: Sequence[str]) -> Iterator[str]:
    if code:
        longest = max((len(run) for line in code for run in re.findall("`+", line)), default=0)
        fence = "`" * max(3, longest + 1)
        yield from (f"{fence}sh", *code, fence, "")
