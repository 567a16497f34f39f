import io
import re

import pytest
from PIL import Image

from winnow.reporting.check_page import CheckedPicture, ShownExample, ShownFinding, render_findings

HOSTILE = "<img src=x onerror=alert(1)> \"'&"


def png(color: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def finding() -> ShownFinding:
    pair = [CheckedPicture("a" * 20, "oak", png("red")), CheckedPicture("b" * 20, "ash", png("blue"))]
    examples = [ShownExample(pair, "look"), ShownExample([CheckedPicture("c" * 20, "yew", None)], "")]
    return ShownFinding("D302", "warning", "two clusters", "look at them", examples)


def test_the_pictures_of_an_example_stand_side_by_side(finding: ShownFinding) -> None:
    page = render_findings("Checks", [finding], {})
    first, second = re.findall(r'<div class="example">(.*?)</div>\n', page, re.DOTALL)
    assert first.count('src="data:image/png;base64,') == 2
    assert "look" in first
    assert second.count("data:image") == 0
    assert "not on this disk" in second
    for word in ("D302", "warning", "two clusters", "look at them", "oak"):
        assert word in page


def test_everything_is_escaped_and_nothing_is_loaded_from_elsewhere() -> None:
    example = ShownExample([CheckedPicture("d" * 20, HOSTILE, b"no picture")], HOSTILE)
    finding = ShownFinding("D101", "error", HOSTILE, HOSTILE, [example])
    page = render_findings(HOSTILE, [finding], {HOSTILE: HOSTILE})
    assert "<img src=x" not in page
    assert "(cannot be drawn)" in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_what_was_not_run_is_said_and_no_finding_is_good_news() -> None:
    page = render_findings("Checks", [], {"D601": "no predictions"})
    assert "Every check that was run passed." in page
    assert "D601: no predictions" in page
    assert "Not run" not in render_findings("Checks", [], {})
