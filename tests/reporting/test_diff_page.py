import io
import re

from outline import Outline
from PIL import Image

from winnow.markup.blocks import Block
from winnow.reporting.diff_page import ChangedPicture, Pictures, render_diff

HOSTILE = '"><script>x</script>'


WORDS = Block("Classes", [("a ", "sentence")], ("class", "images"), [("cat", "1")], is_folded=True)


def picture(content: bytes | None, name: str = "1.png", change: str = "cat → dog") -> ChangedPicture:
    return ChangedPicture("a" * 20, name, change, content)


def encoded() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    return stream.getvalue()


def test_a_page_shows_words_tables_and_pictures_and_needs_no_network() -> None:
    page = render_diff("Data", [WORDS], [Pictures("Relabelled", 1, [picture(encoded())])])
    assert "<p>a sentence</p>" in page
    assert "<details>" not in page
    assert '<tr><th scope="row">cat</th><td>1</td></tr>' in page
    assert "<h3>1 images</h3>" in page
    assert "1.png<br>cat → dog" in page
    assert "default-src 'none'" in page
    sources = [value for key, value in Outline(page).attributes if key in ("src", "href")]
    assert [str(source)[:22] for source in sources] == ["data:image/png;base64,"]


def test_a_picture_that_is_not_here_leaves_a_place_that_says_so() -> None:
    page = render_diff("Data", [], [Pictures("Added", 1, [picture(None)])])
    assert "not on this disk: dvc pull" in page
    assert "<img" not in page


def test_a_picture_that_cannot_be_drawn_spoils_no_page() -> None:
    assert "(cannot be drawn)" in render_diff("Data", [], [Pictures("Added", 1, [picture(b"damaged")])])


def test_everything_user_made_is_escaped() -> None:
    words = Block(HOSTILE, [(HOSTILE,)], (HOSTILE,), [(HOSTILE,)])
    page = render_diff(HOSTILE, [words], [Pictures(HOSTILE, 1, [picture(None, HOSTILE, HOSTILE)])])
    outline = Outline(page)
    assert "script" not in outline.tags
    assert ("title", f"{'a' * 20} {HOSTILE}") in outline.attributes


def test_what_is_not_shown_is_told() -> None:
    words = Block("Classes", [], ("class", "images"), [("cat", "1")] * 503)
    page = render_diff("Data", [words], [Pictures("Added", 9, [picture(None)])])
    assert "<h3>1 of 9 images</h3>" in page
    assert "<p>and 3 more</p>" in page
    assert len(re.findall(">cat</th>", page)) == 500
