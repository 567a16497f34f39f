from collections.abc import Callable

import numpy as np
import pytest

from winnow.stats.intervals import Interval
from winnow.verdict.judging.case import Case, Judging, estimate
from winnow.verdict.sides.alignment import Pair

MakePair, MakeJudging = Callable[..., Pair], Callable[..., Judging]


def test_a_case_counts_what_was_fixed_and_broken(make_pair: MakePair, make_judging: MakeJudging) -> None:
    case = Case(make_pair([0, 1, 2, 0], [0, 0, 0, 1], [0, 1, 2, 2]), make_judging())
    assert case.differences.tolist() == [0, 1, 1, 0]
    assert (case.num_fixed, case.num_broken, len(case)) == (2, 0, 4)


def test_groups_are_counted_where_they_repeat(make_pair: MakePair, make_judging: MakeJudging) -> None:
    alone = Case(make_pair([0, 1], [0, 1], [0, 1], groups=["a", "b"]), make_judging())
    shared = Case(make_pair([0, 1], [0, 1], [0, 1], groups=["a", "a"]), make_judging())
    assert (alone.num_groups, shared.num_groups) == (None, 1)


def test_of_one_class_there_is_no_area(make_pair: MakePair, make_judging: MakeJudging) -> None:
    assert Case(make_pair([1, 1], [1, 0], [1, 1]), make_judging()).areas is None


def test_both_sides_share_the_bins_of_confidence(make_pair: MakePair, make_judging: MakeJudging) -> None:
    base, head = Case(make_pair([0, 1], [0, 0], [0, 1]), make_judging()).reliabilities
    assert base.count.tolist() == head.count.tolist()
    assert (base.calibration_error, head.calibration_error) == pytest.approx((0.3, 0.2))


@pytest.mark.parametrize("interval", [None, Interval(np.nan, np.nan), Interval(-np.inf, 1.0)])
def test_an_interval_that_is_not_known_is_none(interval: Interval | None) -> None:
    assert estimate(0.5, interval).model_dump() == {"value": 0.5, "low": None, "high": None}
