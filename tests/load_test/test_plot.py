from xml.etree import ElementTree as ET

from winnow.load_test.answers import Answer
from winnow.load_test.plan import Plan
from winnow.load_test.plot import plot

SVG = "{http://www.w3.org/2000/svg}"
PLAN = Plan("http://127.0.0.1", rate_per_s=10, duration_s=10, warm_up_s=2)


def points(text: str) -> list[list[tuple[float, float]]]:
    """Return the points of each curve."""
    curves = ET.fromstring(text).findall(f"{SVG}polyline")
    return [[point(pair) for pair in curve.get("points", "").split()] for curve in curves]


def point(pair: str) -> tuple[float, float]:
    x, _, y = pair.partition(",")
    return float(x), float(y)


def test_each_second_has_its_percentiles_and_its_counts() -> None:
    answers = [Answer(second + 0.5, second + 0.5, second + 0.6, 200, "x") for second in range(12)]
    answers += [Answer(5.1, 5.1, 5.2, 503, "x")] * 3
    curves = points(plot(answers, PLAN, "a run"))
    assert [len(curve) for curve in curves] == [12] * 6
    refused = curves[4]
    assert min(refused, key=lambda point: point[1]) == refused[5], "the largest value stands highest"


def test_a_second_without_an_answer_has_no_latency() -> None:
    curves = points(plot([Answer(3.5, 3.5, 3.6, 200, "x")], PLAN, "a run"))
    assert [len(curve) for curve in curves] == [1, 1, 1, 12, 12, 12]


def test_nothing_at_all_is_a_picture_too_and_titles_are_escaped() -> None:
    page = ET.fromstring(plot([], PLAN, "<b> & co"))
    assert page.findtext(f"{SVG}title") == "<b> & co"
