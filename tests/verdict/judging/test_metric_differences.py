from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from winnow.evaluation.scores import built_in_scores
from winnow.verdict.judging.case import Case, Judging
from winnow.verdict.judging.metric_differences import _contributions, _linearised, difference_interval, no_difference_p
from winnow.verdict.sides.alignment import Pair

MakePair, MakeJudging = Callable[..., Pair], Callable[..., Judging]

MEANS = ("balanced_accuracy", "macro_f1", "log_loss", "brier")
ALL = ("accuracy", *MEANS, "auroc")


def values(case: Case) -> dict[str, float]:
    """Return head minus base of every built-in metric."""
    base, head = (
        {score.name: score.value for score in built_in_scores(side, rel, case.judging.resampling)}
        for side, rel in zip((case.pair.base, case.pair.head), case.reliabilities, strict=True)
    )
    return {name: head[name] - base[name] for name in base}


def random_case(
    make_pair: MakePair, judging: Judging, *, num: int = 300, shift: float = 0.0, seed: int = 0, groups: int = 0
) -> Case:
    """Return two models that see the same images with their own noise; `shift` makes the head better."""
    generator = np.random.default_rng(seed)
    targets = generator.integers(3, size=num)
    seen = generator.normal(size=(num, 3))
    sides = []
    for bonus in (0.0, shift):
        logits = seen + generator.normal(scale=0.7, size=(num, 3))
        logits[np.arange(num), targets] += 1.0 + bonus
        sides.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    names = [f"g{code}" for code in generator.integers(groups, size=num)] if groups else [""] * num
    return Case(make_pair(targets, *sides, groups=names), judging)


def swapped(case: Case) -> Case:
    return Case(Pair(case.pair.head, case.pair.base, [], [], case.pair.test_set), case.judging)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), num=st.integers(2, 60), metric=st.sampled_from(MEANS))
def test_what_the_images_add_is_the_difference_and_changes_its_sign_when_sides_swap(
    make_pair: MakePair, make_judging: MakeJudging, seed: int, num: int, metric: str
) -> None:
    case = random_case(make_pair, make_judging(), num=num, seed=seed)
    added = _contributions(case, metric)
    assert added.mean() == pytest.approx(values(case)[metric], abs=1e-9)
    assert _linearised(case, metric).mean() == pytest.approx(values(case)[metric], abs=1e-9)
    assert _contributions(swapped(case), metric) == pytest.approx(-added)


@pytest.mark.parametrize("metric", MEANS)
def test_an_image_on_which_both_models_agree_adds_nothing(
    make_pair: MakePair, make_judging: MakeJudging, metric: str
) -> None:
    case = Case(make_pair([0, 1, 2, 2, 1], [0, 1, 0, 2, 1], [0, 1, 2, 2, 0]), make_judging())
    assert _contributions(case, metric)[[0, 1, 3]] == pytest.approx(0)
    assert np.all(np.abs(_contributions(case, metric)[[2, 4]]) > 1e-6)


@pytest.mark.parametrize("metric", [*ALL, "ece"])
@pytest.mark.parametrize("groups", [0, 60])
def test_the_interval_holds_the_difference_and_mirrors_when_sides_swap(
    make_pair: MakePair, make_judging: MakeJudging, metric: str, groups: int
) -> None:
    case = random_case(make_pair, make_judging(), shift=0.3, groups=groups)
    interval, mirrored = difference_interval(case, metric), difference_interval(swapped(case), metric)
    assert interval.low < values(case)[metric] < interval.high
    assert (-mirrored.high, -mirrored.low) == pytest.approx(tuple(interval), abs=1e-9)


@pytest.mark.parametrize("metric", ALL)
def test_a_real_gain_is_found_by_every_metric_and_equal_models_are_not_told_apart(
    make_pair: MakePair, make_judging: MakeJudging, metric: str
) -> None:
    better = random_case(make_pair, make_judging(), num=600, shift=0.8, seed=1)
    assert no_difference_p(better, metric) < 0.01
    assert no_difference_p(swapped(better), metric) == pytest.approx(no_difference_p(better, metric), abs=0.01)
    same = random_case(make_pair, make_judging(), num=600, seed=1)
    assert no_difference_p(same, metric) > 0.05


def test_accuracy_has_mcnemars_exact_p(make_pair: MakePair, make_judging: MakeJudging) -> None:
    case = random_case(make_pair, make_judging(), shift=0.3)
    expected = stats.binomtest(case.num_fixed, case.num_fixed + case.num_broken).pvalue
    assert no_difference_p(case, "accuracy") == pytest.approx(expected)


def test_delongs_p_and_interval_agree(make_pair: MakePair, make_judging: MakeJudging) -> None:
    """The interval at the level 1 - p ends at zero."""
    case = random_case(make_pair, make_judging(), shift=0.3)
    p = no_difference_p(case, "auroc")
    edge = difference_interval(Case(case.pair, make_judging(confidence=1 - p)), "auroc")
    assert edge.low == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("metric", ALL)
def test_false_alarms_stay_rare_where_groups_repeat(
    make_pair: MakePair, make_judging: MakeJudging, metric: str
) -> None:
    """Each image five times: witnesses are the groups, and equal models look different in few of the cases."""
    alarms = 0
    for seed in range(40):
        once = random_case(make_pair, make_judging(), num=60, seed=seed)
        five = np.repeat(np.arange(60), 5)
        sides = (side.probabilities[five] for side in (once.pair.base, once.pair.head))
        case = Case(make_pair(once.targets[five], *sides, groups=[f"g{code}" for code in five]), make_judging())
        alarms += no_difference_p(case, metric) <= 0.05
    assert alarms <= stats.binom(40, 0.05).ppf(0.999)


def test_perfect_order_against_none_is_judged_by_its_independent_pairs(
    make_pair: MakePair, make_judging: MakeJudging
) -> None:
    targets = np.array([0, 1] * 4)
    case = Case(make_pair(targets, 1 - targets, targets, num_classes=2), make_judging())
    assert no_difference_p(case, "auroc") == 2 * 0.5**4


def test_of_one_class_no_area_differs(make_pair: MakePair, make_judging: MakeJudging) -> None:
    case = Case(make_pair([0, 0], [0, 1], [0, 0]), make_judging())
    assert difference_interval(case, "auroc") is None
    assert no_difference_p(case, "auroc") == 1.0


@pytest.mark.parametrize("metric", ["balanced_accuracy", "macro_f1"])
def test_a_rare_class_that_never_flipped_is_no_certainty(
    make_pair: MakePair, make_judging: MakeJudging, metric: str
) -> None:
    """Two images of one class count for half of the mean: one flip more would move it by a quarter."""
    targets = np.array([0] * 198 + [1] * 2)
    case = Case(make_pair(targets, targets, targets, num_classes=2), make_judging())
    interval = difference_interval(case, metric)
    assert interval.low < -0.25
    assert interval.high > 0.25
