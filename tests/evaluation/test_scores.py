from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics as sk

from winnow.evaluation.predictions import Predictions, collect
from winnow.evaluation.scores import Score, bin_accuracy, built_in_scores, mean_area, split_reliability
from winnow.stats.bootstrap import Resampling

RESAMPLING = Resampling(200, 0, 0.95)


def scores_of(predictions: Predictions) -> dict[str, Score]:
    rel = split_reliability(predictions, 10)
    return {score.name: score for score in built_in_scores(predictions, rel, RESAMPLING)}


def test_every_score_has_its_value_inside_its_interval(predictions: Predictions) -> None:
    scores = scores_of(predictions)
    assert list(scores) == ["accuracy", "balanced_accuracy", "macro_f1", "auroc", "log_loss", "brier", "ece"]
    for score in scores.values():
        assert score.interval is not None
        assert score.interval.low <= score.value <= score.interval.high
        assert score.interval.low < score.interval.high


def test_values_agree_with_scikit_learn(predictions: Predictions) -> None:
    scores, targets = scores_of(predictions), predictions.targets
    guessed = predictions.probabilities.argmax(axis=1)
    probabilities = predictions.probabilities.astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert scores["accuracy"].value == pytest.approx(sk.accuracy_score(targets, guessed))
    assert scores["balanced_accuracy"].value == pytest.approx(sk.balanced_accuracy_score(targets, guessed))
    assert scores["macro_f1"].value == pytest.approx(sk.f1_score(targets, guessed, average="macro"))
    auroc = sk.roc_auc_score(targets, probabilities, multi_class="ovr")
    assert scores["auroc"].value == pytest.approx(auroc, abs=1e-9)
    assert scores["log_loss"].value == pytest.approx(sk.log_loss(targets, probabilities), abs=1e-6)


def test_either_of_two_classes_gives_the_same_area(make_predictions: Callable[..., Predictions]) -> None:
    predictions = make_predictions(classes=("no", "yes"))
    expected = sk.roc_auc_score(predictions.targets, predictions.probabilities[:, 1])
    assert scores_of(predictions)["auroc"].value == pytest.approx(expected)


def test_an_area_that_is_known_is_taken_as_it_is(make_predictions: Callable[..., Predictions]) -> None:
    predictions = make_predictions()
    rel = split_reliability(predictions, 10)
    assert built_in_scores(predictions, rel, RESAMPLING, mean_area(predictions)) == list(
        scores_of(predictions).values()
    )
    other = built_in_scores(predictions, rel, RESAMPLING, mean_area(make_predictions(sharpness=5.0)))
    assert {score.name: score for score in other}["auroc"].value > scores_of(predictions)["auroc"].value


def test_groups_widen_every_interval_of_repeated_images(make_predictions: Callable[..., Predictions]) -> None:
    """Every image five times: without groups five witnesses, with them one."""
    once = make_predictions()
    table = once.table.drop_columns(["id", "group"]).take(np.repeat(np.arange(len(once)), 5))
    ids = [f"{number:020x}" for number in range(len(table))]
    grouped = table.append_column("id", [ids]).append_column("group", [[str(n // 5) for n in range(len(table))]])
    pretended = table.append_column("id", [ids]).append_column("group", [[""] * len(table)])
    probabilities = np.repeat(once.probabilities, 5, axis=0)
    honest = scores_of(collect(grouped, probabilities, once.classes))
    proud = scores_of(collect(pretended, probabilities, once.classes))
    for name, score in scores_of(once).items():
        width = score.interval.high - score.interval.low
        assert honest[name].value == pytest.approx(score.value)
        assert honest[name].interval.high - honest[name].interval.low == pytest.approx(width, rel=0.1)
        assert proud[name].interval.high - proud[name].interval.low < 0.7 * width


def test_bins_too_are_judged_by_whole_groups(make_predictions: Callable[..., Predictions]) -> None:
    together, apart = make_predictions(groups=9), make_predictions()
    rel = split_reliability(apart, 3)
    honest, proud = (bin_accuracy(predictions, rel, 0.95) for predictions in (together, apart))
    used = rel.count > 0
    assert honest.value[used].tolist() == rel.accuracy[used].tolist() == proud.value[used].tolist()
    assert (honest.high - honest.low)[2] > (proud.high - proud.low)[2]


def test_one_class_alone_has_no_area(predictions: Predictions) -> None:
    rows = np.flatnonzero(predictions.targets == 0)
    alone = collect(predictions.table.take(rows), predictions.probabilities[rows], predictions.classes)
    assert "auroc" not in scores_of(alone)


def test_one_group_has_no_intervals(make_predictions: Callable[..., Predictions]) -> None:
    assert [score.interval for score in scores_of(make_predictions(groups=1)).values()] == [None] * 7
