import logging
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from winnow.verdict.judging.case import Case, Judging
from winnow.verdict.judging.share_changes import LEAST_IMAGES, MAX_VALUES, class_changes, subgroup_changes
from winnow.verdict.sides.alignment import Pair

MakePair, MakeJudging = Callable[..., Pair], Callable[..., Judging]
MakeAnswers = Callable[..., NDArray[np.int64]]


def test_a_class_that_gets_worse_is_on_top_and_significant(
    make_pair: MakePair, make_judging: MakeJudging, make_answers: MakeAnswers
) -> None:
    targets = np.arange(1000) % 10
    base = make_answers(targets, 0.9, 10, 0)
    head = make_answers(targets, 0.9, 10, 0)
    spoilt = np.flatnonzero(targets == 7)[:60]
    head[spoilt] = 3
    changes = class_changes(Case(make_pair(targets, base, head, num_classes=10), make_judging())).changes
    assert [change.name for change in changes if change.is_significant] == ["class 00007"]
    top = changes[0]
    assert (top.name, top.support, top.num_groups, top.fixed) == ("class 00007", 100, None, 0)
    assert top.difference.value == pytest.approx(top.head - top.base)
    assert top.difference.low < top.difference.value < top.difference.high < 0
    assert top.broken == round(-100 * top.difference.value)
    assert (len(changes), changes[1].p_holm) == (10, 1.0)


@pytest.mark.slow
def test_holm_forgives_what_a_thousand_classes_show_by_chance(
    make_pair: MakePair, make_judging: MakeJudging, make_answers: MakeAnswers
) -> None:
    targets = np.repeat(np.arange(1000), 20)
    base, head = (make_answers(targets, 0.8, 1000, seed) for seed in (0, 1))
    base[targets == 500], head[targets == 500] = 500, 0
    changes = class_changes(Case(make_pair(targets, base, head, num_classes=1000), make_judging())).changes
    assert sum(change.p <= 0.05 for change in changes) > 5
    assert [change.name for change in changes if change.is_significant] == ["class 00500"]
    assert changes[0].name == "class 00500"
    sizes = [abs(change.difference.value) for change in changes]
    assert sizes == sorted(sizes, reverse=True)


def test_of_equal_moves_the_larger_class_comes_first(make_pair: MakePair, make_judging: MakeJudging) -> None:
    targets = [0, 1, 1, 2, 2, 2]
    changes = class_changes(Case(make_pair(targets, [1, 0, 0, 0, 0, 0], targets), make_judging())).changes
    assert [change.name for change in changes] == ["class 00002", "class 00001", "class 00000"]


def test_classes_that_came_went_or_have_no_test_image_are_told(make_pair: MakePair, make_judging: MakeJudging) -> None:
    pair = make_pair([0, 0, 1], [0, 3, 1], [0, 0, 2], num_classes=5, added=["class 00001"], removed=["class 00003"])
    classes = class_changes(Case(pair, make_judging()))
    assert [change.name for change in classes.changes] == ["class 00001", "class 00000"]
    assert (classes.added, classes.removed, classes.untested) == (["class 00001"], ["class 00003"], 2)


def test_a_class_with_one_image_has_no_interval(make_pair: MakePair, make_judging: MakeJudging) -> None:
    (change,) = class_changes(Case(make_pair([1], [0], [1]), make_judging())).changes
    assert (change.difference.value, change.difference.low, change.p, change.is_significant) == (1.0, None, 1.0, False)


def test_a_class_is_judged_by_its_groups_where_they_repeat(make_pair: MakePair, make_judging: MakeJudging) -> None:
    """Twenty broken images of one group are one witness."""
    targets, head = np.zeros(60, dtype=np.int64), np.zeros(60, dtype=np.int64)
    head[:20] = 1
    groups = ["patient 1"] * 20 + [f"patient {number}" for number in range(2, 42)]
    (alone,) = class_changes(Case(make_pair(targets, targets, head), make_judging())).changes
    (shared,) = class_changes(Case(make_pair(targets, targets, head, groups=groups), make_judging())).changes
    assert (alone.is_significant, shared.is_significant) == (True, False)
    assert (alone.num_groups, shared.num_groups) == (None, 41)
    assert shared.difference.high > 0


def site_case(make_pair: MakePair, judging: Judging) -> Case:
    """One of three sites gets worse; a fourth has too few images."""
    sites = np.repeat(["north", "south", "", "tiny"], [60, 60, 60, LEAST_IMAGES - 1])
    targets = np.zeros(len(sites), dtype=np.int64)
    head = targets.copy()
    head[60:80] = 1
    return Case(make_pair(targets, targets, head, further={"site": sites.tolist()}), judging)


def test_a_subgroup_that_gets_worse_is_found(make_pair: MakePair, make_judging: MakeJudging) -> None:
    (site,) = subgroup_changes(site_case(make_pair, make_judging(subgroup_columns=["site", "site"])))
    assert (site.column, site.num_left_out) == ("site", 1)
    assert [change.name for change in site.changes] == ["south", "", "north"]
    assert [change.is_significant for change in site.changes] == [True, False, False]
    assert (site.changes[0].support, site.changes[0].broken) == (60, 20)


def test_of_many_values_the_largest_are_told(make_pair: MakePair, make_judging: MakeJudging) -> None:
    values = np.repeat([f"device {number}" for number in range(MAX_VALUES + 10)], LEAST_IMAGES)
    values = [*values.tolist(), *["device 59"] * 5]
    targets = [0] * len(values)
    case = Case(make_pair(targets, targets, targets, further={"device": values}), make_judging())
    case = Case(case.pair, make_judging(subgroup_columns=["device"]))
    (device,) = subgroup_changes(case)
    assert (len(device.changes), device.num_left_out) == (MAX_VALUES, 10)
    assert device.changes[0].name == "device 59"


def test_a_column_that_is_not_there_is_told(
    make_pair: MakePair, make_judging: MakeJudging, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="winnow"):
        assert subgroup_changes(site_case(make_pair, make_judging(subgroup_columns=["device"]))) == []
    assert "no column `device`" in caplog.text


def test_a_column_of_small_values_has_no_change(make_pair: MakePair, make_judging: MakeJudging) -> None:
    pair = make_pair([0, 0], [0, 0], [0, 1], further={"site": ["a", "b"]})
    (site,) = subgroup_changes(Case(pair, make_judging(subgroup_columns=["site"])))
    assert (site.changes, site.num_left_out) == ([], 2)
