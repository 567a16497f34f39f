import io
import re
from dataclasses import dataclass
from html.parser import HTMLParser

from PIL import Image

from winnow.reporting.diff_page import ChangedPicture, Pictures, render_diff

HOSTILE = '"><script>x</script>'


@dataclass
class Words:
    """What `changes.account` gives."""

    title: str = "Classes"
    lines: tuple[tuple[str, ...], ...] = (("a ", "sentence"),)
    header: tuple[str, ...] = ("class", "images")
    rows: tuple[tuple[str, ...], ...] = (("cat", "1"),)


class Outline(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def picture(content: bytes | None, name: str = "1.png", change: str = "cat → dog") -> ChangedPicture:
    return ChangedPicture("a" * 20, name, change, content)


def encoded() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    return stream.getvalue()


def test_a_page_shows_words_tables_and_pictures_and_needs_no_network() -> None:
    page = render_diff("Data", [Words()], [Pictures("Relabelled", 1, [picture(encoded())])])
    assert "<p>a sentence</p>" in page
    assert "<tr><td>cat</td><td>1</td></tr>" in page
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
    words = Words(HOSTILE, ((HOSTILE,),), (HOSTILE,), ((HOSTILE,),))
    page = render_diff(HOSTILE, [words], [Pictures(HOSTILE, 1, [picture(None, HOSTILE, HOSTILE)])])
    outline = Outline(page)
    assert "script" not in outline.tags
    assert ("title", f"{'a' * 20} {HOSTILE}") in outline.attributes


def test_what_is_not_shown_is_told() -> None:
    words = Words(rows=(("cat", "1"),) * 503)
    page = render_diff("Data", [words], [Pictures("Added", 9, [picture(None)])])
    assert "<h3>1 of 9 images</h3>" in page
    assert "<p>and 3 more</p>" in page
    assert len(re.findall("<td>cat</td>", page)) == 500
