"""The account for a terminal."""

from collections.abc import Iterator, Sequence

from winnow.changes.account import Block

MAX_ROWS = 20


def to_text(blocks: Sequence[Block]) -> list[str]:
    """Return the lines to print: the summary, then each topic under its name, tables aligned."""
    summary, *topics = blocks
    lines = list(map("".join, summary.lines))
    for block in topics:
        lines += ["", block.title, *(f"  {''.join(line)}" for line in block.lines), *_table(block)]
    return lines


def more(block: Block, num_shown: int) -> str:
    """Return what to say of rows that are not shown."""
    return f"and {len(block.rows) - num_shown:,} more (winnow diff --json has them all)"


def _table(block: Block) -> Iterator[str]:
    if not block.rows:
        return
    shown = [block.header, *block.rows[:MAX_ROWS]]
    # The last column is not padded: nothing follows it, and it may be a sentence.
    widths = [max(map(len, column)) for column in list(zip(*shown, strict=True))[:-1]]
    for row in shown:
        padded = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)]
        yield "  " + "  ".join([*padded, row[-1]]).rstrip()
    if len(block.rows) > MAX_ROWS:
        yield f"  {more(block, MAX_ROWS)}"
