"""The account for a comment on a pull request: short whatever changed, and nothing user-made acts on its reader."""

from collections.abc import Iterator, Sequence

from winnow.changes.account import Block, Quoted
from winnow.changes.text import more

MAX_CHARS = 30_000
"""GitHub refuses comments over 65,536 characters, and a comment has more to say than this."""

_ROWS = (20, 10, 5, 2, 0)
_AS_THEY_ARE = frozenset(" -")
_BREAK = "\u200b"


def to_markdown(blocks: Sequence[Block]) -> str:
    """Return GitHub Markdown of at most `MAX_CHARS` characters: the summary in sight, the tables folded.

    Tables show as many rows as fit, and say how many they do not show.
    """
    pages = ("\n".join(_lines(blocks, max_rows)) + "\n" for max_rows in _ROWS)
    fitting = next((page for page in pages if len(page) <= MAX_CHARS), None)
    assert fitting is not None, "without rows there are few sentences, and each is short"
    return fitting


def quote(text: str) -> str:
    """Return user-made text as inert inline code.

    Every ASCII character that could mean something to Markdown or HTML becomes a numeric reference, which is never
    syntax; inside `<code>` GitHub links no @mention, #issue or commit. The break behind an `@` keeps addresses from
    being linked; nobody sees it.
    """
    return f"<code>{''.join(map(_inert, text))}</code>"


def _inert(char: str) -> str:
    if char.isalnum() or not char.isascii() or char in _AS_THEY_ARE:
        return char
    return f"&#{ord(char)};{_BREAK if char == '@' else ''}"


def _lines(blocks: Sequence[Block], max_rows: int) -> Iterator[str]:
    summary, *topics = blocks
    yield f"### {summary.title}"
    yield ""
    yield from (f"- {_join(line)}" for line in summary.lines)
    for block in topics:
        count = f" ({len(block.rows):,})" if block.rows else ""
        yield from ("", "<details>", f"<summary>{block.title}{count}</summary>", "")
        yield from (f"- {_join(line)}" for line in block.lines)
        yield from [""] if block.lines and block.rows else []
        yield from _table(block, max_rows)
        yield from ("", "</details>")


def _table(block: Block, max_rows: int) -> Iterator[str]:
    if block.rows and max_rows:
        yield from (_row(block.header), _row(["---"] * len(block.header)))
        yield from map(_row, block.rows[:max_rows])
    if len(block.rows) > max_rows:
        yield from ("", more(block, max_rows))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_join([cell]) for cell in cells)} |"


def _join(pieces: Sequence[str]) -> str:
    # Our own words hold an arrow, and nothing else that HTML or Markdown knows.
    return "".join(quote(piece) if isinstance(piece, Quoted) else piece.replace("->", "\u2192") for piece in pieces)
