"""The account for a terminal."""

from collections.abc import Sequence

from winnow.markup.blocks import Block
from winnow.markup.text import line_text
from winnow.markup.text import to_text as blocks_to_text

REST = "winnow diff --json has them all"


def to_text(blocks: Sequence[Block]) -> list[str]:
    """Return the lines to print: the summary as it is, then each topic under its name."""
    summary, *topics = blocks
    below = ["", *blocks_to_text(topics, rest=REST)] if topics else []
    return [*map(line_text, summary.lines), *below]
