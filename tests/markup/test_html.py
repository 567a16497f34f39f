import pytest
from outline import Outline

from winnow.markup.blocks import Bar, Block, Chart, Prose, Quoted, Series, Strong, Symbol, link, prose, word
from winnow.markup.html import MAX_ROWS, inline_html, render_frame, symbol_html, to_html
from winnow.markup.style import STYLE

HOSTILE = "\"'><script>x</script><img src=x onerror=y>"
VOID = {"meta", "img", "br"}


class Nested(Outline):
    """Checks that elements nest, and keeps their text."""

    def __init__(self, text: str) -> None:
        self.open: list[str] = []
        self.text = ""
        super().__init__(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def test_a_block_is_a_section_with_a_table_for_everybody() -> None:
    block = Block(
        "Gates", [("a ", Strong("b"))], ("rule", "limit"), [(word("x"), "1")], "lr", symbol="✅", digest=("2",)
    )
    page = to_html([block])
    assert '<th scope="col" class="number">limit</th>' in page
    assert '<tr><th scope="row"><code>x</code></th><td class="number">1</td></tr>' in page
    assert 'role="region" tabindex="0" aria-label="Gates"' in page
    assert "<p>a <strong>b</strong></p>" in page
    assert Nested(page).text.split() == ["✓", "Gates", "2", "a", "b", "rule", "limit", "x", "1"]


def test_folded_blocks_nest_with_headings_one_level_down() -> None:
    inner = Block("In", [], ("n",), [("1",)], is_folded=True)
    outline = Nested(to_html([Block("Out", is_folded=True, inner=[inner], code=["a < b"])]))
    assert outline.tags[:4] == ["details", "summary", "h2", "pre"]
    assert outline.tags[5:8] == ["details", "summary", "h3"]
    assert "a < b" in outline.text


def test_charts_stand_side_by_side() -> None:
    chart = Chart("loss", "step", "loss", [Series("head", [(0.0, 1.0), (1.0, 2.0)])])
    assert to_html([Block("Curves", charts=[chart, chart])]).count("<svg") == 2
    assert "charts" not in to_html([Block("Curves", charts=[Chart("x", "x", "x", [])])])


def test_a_long_table_says_how_much_it_leaves_out() -> None:
    block = Block("x", [], ("n",), [("1",)] * (MAX_ROWS + 2))
    assert "<p>and 2 more (verdict.json has them all)</p>" in to_html([block], rest="verdict.json has them all")


def test_nothing_user_made_is_an_element_or_an_attribute() -> None:
    cells = (Quoted(HOSTILE), (Prose(HOSTILE),))
    block = Block(HOSTILE, [cells[1]], (HOSTILE, HOSTILE), [cells], digest=(Quoted(HOSTILE),), code=[HOSTILE])
    outline = Nested(render_frame(HOSTILE, to_html([block]), style=STYLE))
    assert not {"script", "img"} & set(outline.tags)
    assert {name for name, _ in outline.attributes} <= {
        "lang",
        "charset",
        "name",
        "content",
        "http-equiv",
        "class",
        "role",
        "tabindex",
        "aria-label",
        "scope",
    }


def test_a_page_loads_nothing() -> None:
    page = render_frame("x", "<p>y</p>", style=STYLE)
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page
    assert not [word for word in ("http://", "https://", "url(", "@import", "<script", "<link") if word in page]


@pytest.mark.parametrize(("share", "side"), [(-0.5, "down"), (0.5, "up")])
def test_a_bar_has_a_side_and_a_share(share: float, side: str) -> None:
    assert inline_html([Bar(share)]) == f'<span class="bar {side}" style="--share:0.50" aria-hidden="true"></span>'


def test_pieces_are_what_they_are() -> None:
    assert inline_html([prose("see a.b now"), " -> "]) == "see <code>a.b</code> now → "
    assert inline_html([link("report", "https://a.org/?x=1&y=2")]) == (
        '<a href="https://a.org/?x=1&amp;y=2" rel="noreferrer">report (a.org)</a>'
    )
    assert inline_html([Symbol("▲ ")]) == '<span aria-hidden="true">▲ </span>'
    assert symbol_html("❌ ") == '<span class="mark bad" aria-hidden="true">✕</span> '
