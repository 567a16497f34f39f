"""The account for a comment on a pull request: the summary in sight, the tables folded."""

from collections.abc import Sequence

from winnow.changes.text import REST
from winnow.markup.blocks import Block
from winnow.markup.markdown import to_markdown as blocks_to_markdown

MAX_CHARS = 30_000
"""A comment has more to say than this."""


def to_markdown(blocks: Sequence[Block]) -> str:
    """Return GitHub Markdown of at most `MAX_CHARS` characters; tables say how many rows they do not show."""
    return blocks_to_markdown(blocks, max_chars=MAX_CHARS, rest=REST)
