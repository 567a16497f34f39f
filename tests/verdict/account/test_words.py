import pytest

from winnow.markup.blocks import Quoted
from winnow.verdict.account.words import (
    difference_text,
    estimate_text,
    has_points,
    metric_name,
    p_text,
    pair_text,
    plural,
    share_text,
    signed,
    value_text,
)
from winnow.verdict.record.evidence import Estimate


def estimate(value: float, low: float | None = None, high: float | None = None) -> Estimate:
    return Estimate(value=value, low=low, high=high)


def test_a_metric_of_ours_has_a_name_in_words_and_another_one_is_quoted() -> None:
    assert metric_name("macro_f1") == "macro F1"
    assert isinstance(metric_name("<b>"), Quoted)
    assert has_points("accuracy")
    assert not has_points("log_loss")


@pytest.mark.parametrize(
    ("base", "head", "words"),
    [
        (0.912, 0.931, "0.912 -> 0.931"),
        (0.9121, 0.9124, "0.9121 -> 0.9124"),
        (0.5, 0.5, "0.500 -> 0.500"),
        (None, 0.931, "0.931"),
        (0.912, None, "\u2013"),
    ],
)
def test_two_values_that_differ_look_different(base: float | None, head: float | None, words: str) -> None:
    assert pair_text(base, head) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "\u2013"),
        (0, "0.000"),
        (0.93141, "0.931"),
        (-0.01, "-0.010"),
        (0.00012, "0.00012"),
        (123.4, "123"),
        (1234567, "1,234,567"),
    ],
)
def test_a_value_has_three_digits_or_what_fits(value: float | None, words: str) -> None:
    assert value_text(value) == words


@pytest.mark.parametrize(
    ("difference", "in_points", "words"),
    [
        (estimate(0.019, 0.008, 0.03), True, "+1.9 [+0.8, +3.0]"),
        (estimate(0.0, -0.0004, 0.0004), True, "0.00 [-0.04, +0.04]"),
        (estimate(0.00002, -0.00001, 0.00005), True, "+0.002 [-0.001, +0.005]"),
        (estimate(-0.0434, -0.064, -0.022), False, "-0.043 [-0.064, -0.022]"),
        (estimate(0.1), True, "+10.0"),
        (None, True, "\u2013"),
    ],
)
def test_a_difference_has_a_sign_and_as_many_digits_as_it_takes(
    difference: Estimate | None, in_points: bool, words: str
) -> None:
    assert difference_text(difference, in_points=in_points) == words


def test_a_value_without_an_interval_stands_alone() -> None:
    assert estimate_text(estimate(0.5)) == "0.500"
    assert estimate_text(estimate(0.5, 0.4, 0.6)) == "0.500 [0.400, 0.600]"


@pytest.mark.parametrize(
    ("p", "words"),
    [(0.00001, "p < 0.0001"), (0.0004, "p = 0.0004"), (0.0123, "p = 0.012"), (0.456, "p = 0.46"), (1, "p = 1.00")],
)
def test_p_is_told_as_far_as_it_matters(p: float, words: str) -> None:
    assert p_text(p) == words


def test_a_zero_has_no_sign() -> None:
    assert [signed(number, 1) for number in (0.04, -0.04, 0.05, -1234.5)] == ["0.0", "0.0", "+0.1", "-1,234.5"]


def test_counts_are_told_in_words() -> None:
    assert [plural(count, "image") for count in (0, 1, 2000)] == ["0 images", "1 image", "2,000 images"]
    assert share_text(156, 2000) == "156 (7.8 %)"
    assert share_text(0, 0) == "0"
