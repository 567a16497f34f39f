import base64
import io
import re

import pytest
from outline import Outline
from PIL import Image

from winnow.reporting.gallery import THUMBNAIL_PX, Picture, render


def encoded(mode: str, size: tuple[int, int], image_format: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, image_format)
    return stream.getvalue()


def page(
    content: bytes | None = None, *, name: str = "1.png", group: tuple[str, str] = ("cat", ""), total: int = 1
) -> str:
    picture = Picture("a" * 20, name, group, content or encoded("RGB", (200, 100)))
    return render([picture], {group: total})


def thumbnail(text: str) -> tuple[int, int]:
    [data] = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", text)
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        return image.size


def test_a_page_holds_its_pictures_and_needs_no_network() -> None:
    text = page()
    assert thumbnail(text) == (THUMBNAIL_PX, THUMBNAIL_PX)
    assert "default-src 'none'" in text
    sources = [value for key, value in Outline(text).attributes if key in ("src", "href")]
    assert all(value.startswith("data:image/png;base64,") for value in sources)


def test_small_pictures_are_not_blown_up() -> None:
    assert thumbnail(page(encoded("L", (8, 6)))) == (8, 8)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16"])
def test_every_mode_is_drawn(mode: str) -> None:
    assert thumbnail(page(encoded(mode, (20, 20)))) == (20, 20)


def test_names_and_labels_are_escaped() -> None:
    outline = Outline(page(name='"><script>x</script>', group=("<b>", '"')))
    assert "script" not in outline.tags
    assert "b" not in outline.tags
    assert ("title", "a" * 20 + ' "><script>x</script>') in outline.attributes


def test_light_and_dark_screens_are_obeyed() -> None:
    assert "color-scheme: light dark" in page()


def test_what_is_not_shown_is_told() -> None:
    assert "1 of 9 images" in page(total=9)
    assert "<h2>(unlabelled)</h2>" in page(group=("", "val"))


def test_a_picture_that_cannot_be_drawn_spoils_no_page() -> None:
    assert "(cannot be drawn)" in page(b"damaged")
