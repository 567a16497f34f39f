from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from winnow.verdict.judging.case import Case, Judging
from winnow.verdict.judging.metric_changes import Summaries, metric_changes, recorded_changes
from winnow.verdict.judging.outcome import _percent, no_outcome, outcome
from winnow.verdict.record.evidence import Outcome
from winnow.verdict.sides.alignment import Pair

MakePair, MakeJudging = Callable[..., Pair], Callable[..., Judging]
MakeAnswers = Callable[..., NDArray[np.int64]]


def outcome_of(pair: Pair, judging: Judging) -> Outcome:
    case = Case(pair, judging)
    return outcome(case, metric_changes(case, Summaries({}, {})))


@pytest.fixture
def decline(make_pair: MakePair, make_answers: MakeAnswers) -> Callable[..., Pair]:
    """Every class suffers, as from a wrong order of the channels."""

    def make(base: float = 0.9, head: float = 0.7, num: int = 600, **more: Any) -> Pair:
        targets = np.arange(num) % 3
        return make_pair(targets, make_answers(targets, base, 3, 0), make_answers(targets, head, 3, 1), **more)

    return make


METRICS = ("accuracy", "balanced_accuracy", "macro_f1", "auroc", "log_loss", "brier")


@pytest.mark.parametrize("metric", METRICS)
def test_a_global_decline_is_worse_and_the_other_way_round_better(
    decline: Callable[..., Pair], make_judging: MakeJudging, metric: str
) -> None:
    worse = outcome_of(decline(), make_judging(metric=metric))
    better = outcome_of(decline(0.7, 0.9), make_judging(metric=metric))
    assert (worse.call, better.call) == ("worse", "better")
    assert (worse.num_images, worse.num_groups, worse.within_margin) == (600, None, False)
    assert "chance alone gives as much in" in worse.reason


def test_a_swap_of_the_sides_mirrors_the_numbers(decline: Callable[..., Pair], make_judging: MakeJudging) -> None:
    pair = decline()
    there = outcome_of(pair, make_judging())
    back = outcome_of(Pair(pair.head, pair.base, [], [], pair.test_set), make_judging())
    assert (there.base, there.head, there.p) == (back.head, back.base, back.p)
    assert there.difference.low == pytest.approx(-back.difference.high)


@pytest.mark.parametrize(("num", "call"), [(40, "inconclusive"), (2000, "equivalent")])
def test_identical_predictions_are_equivalent_once_there_are_enough_images(
    make_pair: MakePair, make_judging: MakeJudging, num: int, call: str
) -> None:
    targets = np.arange(num) % 3
    found = outcome_of(make_pair(targets, targets, targets), make_judging())
    assert (found.call, found.p, found.difference.value) == (call, 1.0, 0.0)
    expected = "the whole interval lies inside ±0.01" if call == "equivalent" else "too few test images"
    assert expected in found.reason


def test_a_significant_difference_may_be_too_small_to_matter(make_pair: MakePair, make_judging: MakeJudging) -> None:
    targets = np.zeros(5000, dtype=np.int64)
    head = targets.copy()
    head[:12] = 1
    found = outcome_of(make_pair(targets, targets, head), make_judging())
    assert (found.call, found.within_margin) == ("worse", True)
    assert found.reason == (
        "0 fixed and 12 broken images: chance alone gives as much in 0.049 % of the cases; "
        "significant, but the whole interval lies inside ±0.01"
    )


def test_one_image_is_inconclusive(make_pair: MakePair, make_judging: MakeJudging) -> None:
    found = outcome_of(make_pair([0], [1], [0]), make_judging())
    assert (found.call, found.p, found.difference.value, found.difference.low) == ("inconclusive", 1.0, 1.0, None)
    assert "single witness" in found.reason


def test_all_right_against_all_wrong_is_better(make_pair: MakePair, make_judging: MakeJudging) -> None:
    targets = np.arange(30) % 3
    for metric in METRICS:
        found = outcome_of(make_pair(targets, (targets + 1) % 3, targets), make_judging(metric=metric))
        assert found.call == "better", metric


def test_images_of_one_group_are_one_witness(decline: Callable[..., Pair], make_judging: MakeJudging) -> None:
    """Six hundred images show a decline; twenty groups of thirty, each as one, cannot show a small one."""
    few = outcome_of(decline(0.9, 0.88, groups=[f"g{number // 30}" for number in range(600)]), make_judging())
    assert few.num_groups == 20
    assert few.call == "inconclusive"
    assert few.reason.startswith("too few groups of test images")
    assert "whole groups" in few.method
    one = outcome_of(decline(groups=["g"] * 600), make_judging())
    assert (one.call, one.p) == ("inconclusive", 1.0)


def test_a_primary_metric_that_is_not_defined_compares_nothing(make_pair: MakePair, make_judging: MakeJudging) -> None:
    found = outcome_of(make_pair([0, 0], [0, 1], [0, 0]), make_judging(metric="auroc"))
    assert (found.call, found.base, found.num_images) == ("not comparable", None, 2)
    assert found.reason == "auroc is not defined on the compared images"


def test_without_a_pair_both_numbers_stand_without_a_p(make_judging: MakeJudging) -> None:
    metrics = recorded_changes(Summaries({"accuracy": 0.8}, {"accuracy": 0.9}))
    found = no_outcome(make_judging().gate, "no predictions at the base", metrics)
    assert (found.call, found.reason) == ("not comparable", "no predictions at the base")
    assert (found.base, found.head, found.difference, found.p, found.num_images) == (0.8, 0.9, None, None, 0)
    assert no_outcome(make_judging().gate, "nothing", []).head is None


@pytest.mark.parametrize(
    ("p", "text"), [(1.0, "100 %"), (0.5, "50 %"), (0.0312, "3.1 %"), (0.00032, "0.032 %"), (1e-9, "less than 0.01 %")]
)
def test_a_p_is_told_in_percent(p: float, text: str) -> None:
    assert _percent(p) == text
