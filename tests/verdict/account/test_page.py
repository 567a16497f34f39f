import io
import re

import pytest
from PIL import Image
from sample_verdicts import better, first, metrics_only, worse

from winnow.verdict.account.page import FlipPicture, render_verdict
from winnow.verdict.record.evidence import Flips
from winnow.verdict.record.verdict import Verdict

HOSTILE = "\"'><script>x</script>\u202e"


def encoded() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 30, 30)).save(stream, "PNG")
    return stream.getvalue()


def flips() -> Flips:
    found = better().flips
    assert isinstance(found, Flips)
    return found


@pytest.mark.parametrize("verdict", [better(), worse(), metrics_only(), first()], ids=["b", "w", "m", "f"])
def test_a_page_holds_everything_itself(verdict: Verdict) -> None:
    page = render_verdict(verdict, {})
    assert f"<title>{verdict.project}: {verdict.outcome.call}</title>" in page
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["https://ci.example.org/runs/17/report.html"]
    assert "<script" not in page
    assert page.count("<h1>") == 1
    assert ('<svg class="interval"' in page) == (verdict.outcome.difference is not None)


def test_the_banner_tells_the_verdict_at_a_glance() -> None:
    page = render_verdict(worse(), {})
    banner = page[page.index("<header") : page.index("</header>")]
    assert 'class="banner worse"' in banner
    for words in ("0.843 → 0.820", "-2.3 points", "[-3.3, -1.3]", "&lt; 0.0001", "5,000", "in 612 groups", "±1"):
        assert words in banner
    assert 'class="banner not-comparable"' in render_verdict(metrics_only(), {})


def test_fixed_and_broken_images_are_a_contact_sheet_in_front_of_their_table() -> None:
    pictures = {
        flips().broken[0].id: FlipPicture("coat_1.png", encoded()),
        flips().fixed[0].id: FlipPicture("", encoded()),
        flips().fixed[1].id: FlipPicture("torn.png", b"damaged"),
    }
    page = render_verdict(better(), pictures)
    assert page.count("data:image/png;base64,") == 2
    assert "<b>coat_1.png</b>is coat<br>base: coat (0.98)<br>head: pullover (0.95)" in page
    assert f"<b>{flips().fixed[0].id}</b>" in page
    assert "cannot be drawn" in page
    assert "1 of 48" in page
    assert page.index("Contact sheet") < page.index(">Fixed and broken images")


def test_without_pictures_or_flips_there_is_no_sheet() -> None:
    assert "Contact sheet" not in render_verdict(better(), {})
    pictures = {flips().fixed[0].id: FlipPicture("a.png", encoded())}
    assert "Contact sheet" not in render_verdict(metrics_only(), pictures)
    assert "Contact sheet" not in render_verdict(better(disclose="aggregate"), pictures)


def test_names_and_labels_do_nothing() -> None:
    flip = flips().fixed[0].model_copy(update={"label": HOSTILE, "base": HOSTILE, "head": HOSTILE, "id": HOSTILE})
    verdict = better(project=HOSTILE, flips=Flips(fixed=[flip], broken=[]))
    page = render_verdict(verdict, {HOSTILE: FlipPicture(HOSTILE, encoded())})
    assert "<script" not in page
    assert "\u202e" not in page
    assert "onerror" not in page
