import xml.etree.ElementTree as ET

import pytest

from winnow.markup.blocks import Chart, Series
from winnow.markup.svg import ticks, to_svg

CHART = Chart(
    "validation loss", "step", "loss", [Series("base", [(1, 3.0), (2, 2.0)]), Series("head", [(1, 2.5), (4, 1.0)])]
)


def test_a_chart_has_a_title_words_a_legend_and_a_line_for_each_series() -> None:
    root = ET.fromstring(to_svg(CHART))
    assert root.findtext(".//title") == "validation loss"
    assert root.findtext(".//desc") == "base from 3 to 2; head from 2.5 to 1"
    assert [each.attrib["class"] for each in root.iter("polyline")] == ["line line-0", "line line-1"]
    assert ["".join(each.itertext()) for each in root.iter("li")] == ["base", "head"]


def test_a_line_that_ends_earlier_ends_there() -> None:
    root = ET.fromstring(to_svg(CHART))
    base, head = (each.attrib["points"].split()[-1] for each in root.iter("polyline"))
    assert float(base.split(",")[0]) < float(head.split(",")[0])


def test_the_higher_value_is_drawn_above() -> None:
    [line] = ET.fromstring(to_svg(Chart("x", "x", "y", [Series("a", [(0, 1.0), (1, 2.0)])]))).iter("polyline")
    first, last = (float(point.split(",")[1]) for point in line.attrib["points"].split())
    assert last < first


@pytest.mark.parametrize("series", [[], [Series("a", [])], [Series("a", [(1, 1.0)])]])
def test_without_two_steps_there_is_nothing_to_draw(series: list[Series]) -> None:
    assert to_svg(Chart("x", "x", "y", series)) == ""


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-3.1, 1, [-4, -3, -2, -1, 0, 1]),
        (0.141, 0.159, [0.14, 0.145, 0.15, 0.155, 0.16]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize("value", [0.0, 5.0, -1e-7])
def test_a_flat_line_has_room_on_both_sides(value: float) -> None:
    marks = ticks(value, value)
    assert marks[0] < value < marks[-1]
