"""Blocks as HTML for a page that holds everything itself: no script, no address, no element that users wrote."""

import html
from collections.abc import Iterator, Sequence

from winnow.markup.blocks import Bar, Block, Link, Prose, Quoted, Strong, Symbol, pieces
from winnow.markup.quoting import runs
from winnow.markup.svg import to_svg

MAX_ROWS = 500
NEWLINE = "\n"
# Emoji look another way on every system, or are missing: a page draws plain signs in its own colours.
_MARKS = {
    "✅": ("good", "✓"),
    "❌": ("bad", "✕"),
    "⚠️": ("open", "!"),
    "🟡": ("open", "●"),
    "\u2796": ("open", "\u2013"),
    "⚖️": ("same", "="),
    "❔": ("open", "?"),
    "🚫": ("muted", "∅"),
}


def to_html(blocks: Sequence[Block], *, level: int = 2, rest: str = "") -> str:
    """Return the blocks with headings of this level; `rest` says where rows are that are not shown."""
    return "\n".join(part for block in blocks for part in _block(block, level, rest))


def render_frame(title: str, body: str, *, style: str) -> str:
    """Return a page. `title` is escaped; `body` is HTML in which everything user-made already is."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def inline_html(line: Sequence[str]) -> str:
    """Return the pieces of a sentence."""
    return "".join(map(_piece, line))


def symbol_html(symbol: str) -> str:
    """Return a decoration, hidden from those who listen: words beside it say the same."""
    kind, sign = _MARKS.get(symbol.strip(), ("", ""))
    if kind:
        return f'<span class="mark {kind}" aria-hidden="true">{sign}</span> '
    return f'<span aria-hidden="true">{_own(symbol)}</span>'


def _piece(piece: str) -> str:
    match piece:
        case Quoted():
            text = f"<code>{html.escape(piece)}</code>"
        case Prose():
            text = "".join(map(_run, runs(piece)))
        case Strong():
            text = f"<strong>{_own(piece)}</strong>"
        case Link():
            text = f'<a href="{html.escape(piece.url)}" rel="noreferrer">{_own(piece)}</a>'
        case Bar():
            side = "down" if piece.share < 0 else "up"
            text = f'<span class="bar {side}" style="--share:{abs(piece.share):.2f}" aria-hidden="true"></span>'
        case Symbol():
            text = symbol_html(piece)
        case _:
            text = _own(piece)
    return text


def _run(run: tuple[str, bool]) -> str:
    text, is_code = run
    return f"<code>{html.escape(text)}</code>" if is_code else html.escape(text)


def _own(text: str) -> str:
    return html.escape(text.replace("->", "\u2192"))


def _block(block: Block, level: int, rest: str) -> Iterator[str]:
    """Yield the parts of a block; inner blocks have headings one level down."""
    symbol = symbol_html(f"{block.symbol} ") if block.symbol else ""
    heading = f"<h{level}>{symbol}{html.escape(block.title)}{_digest(block)}</h{level}>"
    yield f"<details><summary>{heading}</summary>" if block.is_folded else f"<section>{heading}"
    yield from (f"<p>{inline_html(line)}</p>" for line in block.lines)
    yield from _table(block, rest) if block.rows else ()
    charts = "".join(map(to_svg, block.charts))
    yield f'<div class="charts">{charts}</div>' if charts else ""
    yield f"<pre><code>{html.escape(NEWLINE.join(block.code))}</code></pre>" if block.code else ""
    yield to_html(block.inner, level=level + 1, rest=rest)
    yield "</details>" if block.is_folded else "</section>"


def _digest(block: Block) -> str:
    if block.digest:
        return f' <span class="digest">{inline_html(block.digest)}</span>'
    return f' <span class="digest">{len(block.rows):,}</span>' if block.is_folded and block.rows else ""


def _table(block: Block, rest: str) -> Iterator[str]:
    sides = ["" if side == "l" else ' class="number"' for side in block.column_sides]
    head = "".join(f'<th scope="col"{side}>{_own(name)}</th>' for name, side in zip(block.header, sides, strict=True))
    yield f'<div class="table" role="region" tabindex="0" aria-label="{html.escape(block.title)}"><table>'
    yield f"<thead><tr>{head}</tr></thead><tbody>"
    for row in block.rows[:MAX_ROWS]:
        first, *others = row
        cells = "".join(
            f"<td{side}>{inline_html(pieces(cell))}</td>" for cell, side in zip(others, sides[1:], strict=True)
        )
        yield f'<tr><th scope="row"{sides[0]}>{inline_html(pieces(first))}</th>{cells}</tr>'
    yield "</tbody></table></div>"
    if len(block.rows) > MAX_ROWS:
        yield f"<p>and {len(block.rows) - MAX_ROWS:,} more{f' ({html.escape(rest)})' if rest else ''}</p>"
