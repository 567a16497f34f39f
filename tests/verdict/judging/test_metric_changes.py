from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from winnow.verdict.judging.case import Case, Judging
from winnow.verdict.judging.metric_changes import DIRECTIONS, Summaries, as_number, metric_changes, recorded_changes
from winnow.verdict.sides.alignment import Pair

MakePair, MakeJudging = Callable[..., Pair], Callable[..., Judging]
NOTHING = Summaries({}, {})


def test_every_built_in_metric_has_both_sides_and_their_difference(
    make_pair: MakePair, make_judging: MakeJudging, make_answers: Callable[..., NDArray[np.int64]]
) -> None:
    targets = np.arange(200) % 3
    pair = make_pair(targets, make_answers(targets, 0.7, 3, 0), make_answers(targets, 0.9, 3, 1))
    changes = metric_changes(Case(pair, make_judging()), NOTHING)
    assert [change.name for change in changes] == list(DIRECTIONS)
    for change in changes:
        assert change.direction == DIRECTIONS[change.name]
        assert change.difference.value == pytest.approx(change.head.value - change.base.value)
        assert change.difference.low < change.difference.value < change.difference.high
        assert change.base.low < change.base.value < change.base.high
        is_gain = change.difference.value > 0
        assert is_gain == (change.direction == "higher")


def test_of_one_class_there_is_no_area_not_even_a_recorded_one(make_pair: MakePair, make_judging: MakeJudging) -> None:
    recorded = {"auroc": 0.9, "auroc_low": 0.8, "auroc_high": 1.0}
    case = Case(make_pair([0, 0, 0], [0, 1, 0], [0, 0, 0]), make_judging())
    names = [change.name for change in metric_changes(case, Summaries(recorded, recorded))]
    assert "auroc" not in names
    assert "accuracy" in names


def test_the_users_own_metrics_keep_their_values_and_intervals(make_pair: MakePair, make_judging: MakeJudging) -> None:
    base = {"accuracy": 0.1, "top2": 0.8, "top2_low": 0.7, "top2_high": 0.9, "num_test": 3, "confidence": 0.95}
    head = {"top2": 0.9, "cost_low": 3, "val_accuracy": 0.5, "positive_label": "yes"}
    case = Case(make_pair([0, 1], [0, 1], [0, 1]), make_judging())
    changes = {change.name: change for change in metric_changes(case, Summaries(base, head))}
    assert set(changes) - set(DIRECTIONS) == {"top2", "cost_low"}
    assert changes["accuracy"].base.value == 1.0
    top2 = changes["top2"].model_dump()
    assert top2["base"] == {"value": 0.8, "low": 0.7, "high": 0.9}
    assert top2["head"] == {"value": 0.9, "low": None, "high": None}
    assert (top2["difference"], top2["is_custom"], top2["direction"]) == (None, True, None)
    assert changes["cost_low"].base is None


def test_sensitivity_is_no_metric_of_the_users_own() -> None:
    (change,) = recorded_changes(Summaries({"sensitivity": 0.9, "threshold": 0.5}, {}))
    assert (change.is_custom, change.direction, change.head) == (False, "higher", None)


def test_without_predictions_the_recorded_metrics_stand_side_by_side() -> None:
    changes = recorded_changes(Summaries({"own": 1, "ece": 0.1, "accuracy": 0.8}, {"accuracy": 0.9}))
    assert [change.name for change in changes] == ["accuracy", "ece", "own"]
    assert (changes[0].base.value, changes[0].head.value, changes[0].difference) == (0.8, 0.9, None)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "0.9", None, [0.9], 10**400])
def test_what_is_no_finite_number_is_no_metric(value: object) -> None:
    assert as_number(value) is None
    assert recorded_changes(Summaries({"x": value}, {"x": value})) == []
