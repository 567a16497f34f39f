import re

import pytest

from winnow.markup.blocks import Chart, Series
from winnow.markup.mermaid import to_mermaid

RISING = Series("head", [(1.0, 0.5), (2.0, 0.7), (3.0, 0.9)])


def chart(*series: Series, title: str = "validation loss") -> Chart:
    return Chart(title, "step", "loss", list(series))


def numbers(line: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", line)]


def test_a_chart_is_a_fence_with_numbers_and_our_words() -> None:
    lines = to_mermaid(chart(RISING))
    assert (lines[0], lines[2], lines[-1]) == ("```mermaid", "xychart-beta", "```")
    assert lines[3:5] == ['  title "validation loss"', '  x-axis "step" 1 --> 3']
    assert lines[6] == "  line [0.5, 0.7, 0.9]"
    low, high = numbers(lines[5])[-2:]
    assert 0 <= low < 0.5
    assert high > 0.9


def test_lines_of_different_length_share_a_grid_and_the_shorter_one_is_flat() -> None:
    lines = to_mermaid(chart(Series("base", [(1.0, 4.0), (2.0, 2.0)]), RISING))
    assert numbers(lines[6]) == [4, 2, 2]
    assert lines[-1] == "A line that ends earlier is drawn flat from there."
    assert "flat" not in to_mermaid(chart(RISING, RISING))[-1]


def test_a_long_line_has_60_points_and_keeps_its_ends() -> None:
    lines = to_mermaid(chart(Series("head", [(float(step), float(step * step)) for step in range(1000)])))
    drawn = numbers(lines[6])
    assert len(drawn) == 60
    assert (drawn[0], drawn[-1]) == (0, 998_001)
    assert drawn == sorted(drawn)


@pytest.mark.parametrize("points", [[], [(1.0, 2.0)], [(1.0, 2.0), (1.0, 3.0)]])
def test_without_two_steps_there_is_no_chart(points: list[tuple[float, float]]) -> None:
    assert to_mermaid(chart(Series("head", points))) == []


@pytest.mark.parametrize("value", [0.0, -3.0, 1e-9, 1e30, -1e30])
def test_any_number_is_written_without_an_exponent(value: float) -> None:
    text = "\n".join(to_mermaid(chart(Series("head", [(0.0, value), (1.0, value)]))))
    assert not re.search(r"\de[-+]?\d|inf|nan", text)


def test_foreign_words_are_refused() -> None:
    with pytest.raises(AssertionError):
        to_mermaid(chart(RISING, title='loss" click'))
