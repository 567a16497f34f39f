import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from winnow.evaluation.predictions import Predictions
from winnow.evaluation.scores import bin_accuracy, split_reliability
from winnow.evaluation.tables import per_class, write_confusion, write_per_class, write_reliability


def read(path: Path) -> list[dict[str, str]]:
    assert b"\r" not in path.read_bytes()
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_per_class_numbers_agree_with_scikit_learn(predictions: Predictions, tmp_path: Path) -> None:
    write_per_class(tmp_path / "per_class.csv", per_class(predictions, 0.95))
    rows = read(tmp_path / "per_class.csv")
    assert [row["label"] for row in rows] == ["ash", "elm", "oak"]
    expected = sk.precision_recall_fscore_support(predictions.targets, predictions.probabilities.argmax(axis=1))
    for name, column in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert [float(row[name]) for row in rows] == pytest.approx(column.tolist(), abs=1e-6)


def test_per_class_shares_have_wilsons_intervals(predictions: Predictions) -> None:
    classes = per_class(predictions, 0.9)
    decisions = predictions.decisions
    right, support = int(decisions.true_positives[1]), int(decisions.support[1])
    wilson = stats.binomtest(right, support).proportion_ci(0.9, method="wilson")
    assert (classes.recall.low[1], classes.recall.high[1]) == pytest.approx((wilson.low, wilson.high))
    named = int(decisions.num_predicted[1])
    jaccard = stats.binomtest(right, support + named - right).proportion_ci(0.9, method="wilson")
    expected = [2 * share / (1 + share) for share in (jaccard.low, jaccard.high)]
    assert [classes.f1.low[1], classes.f1.high[1]] == pytest.approx(expected)


def test_the_interval_of_f1_covers_the_truth() -> None:
    """One class of interest: recall 0.8, and a tenth of the others taken for it."""
    generator = np.random.default_rng(0)
    truth = 2 * 0.24 / (0.3 + 0.24 + 0.07)
    covered = 0
    for _ in range(400):
        is_class = generator.random(150) < 0.3
        named = generator.random(150) < np.where(is_class, 0.8, 0.1)
        union = np.count_nonzero(is_class | named)
        wilson = stats.binomtest(np.count_nonzero(is_class & named), union).proportion_ci(method="wilson")
        covered += 2 * wilson.low / (1 + wilson.low) <= truth <= 2 * wilson.high / (1 + wilson.high)
    assert 0.92 <= covered / 400 <= 0.98


def test_what_is_not_known_stays_empty(predictions: Predictions, tmp_path: Path) -> None:
    rows = np.flatnonzero(predictions.targets != 2)
    probabilities = np.tile(np.array([[0.9, 0.1, 0.0]], dtype=np.float32), (len(rows), 1))
    lopsided = Predictions(predictions.table.take(rows), probabilities, predictions.classes)
    write_per_class(tmp_path / "per_class.csv", per_class(lopsided, 0.95))
    ash, elm, oak = read(tmp_path / "per_class.csv")
    assert float(ash["recall"]) == 1
    assert (elm["precision"], float(elm["recall"]), float(elm["f1"])) == ("", 0, 0)
    assert oak == {**dict.fromkeys(oak, ""), "label": "oak", "support": "0"}


def test_confusion_counts_only_the_pairs_that_occur(predictions: Predictions, tmp_path: Path) -> None:
    write_confusion(tmp_path / "confusion.csv", predictions)
    rows = read(tmp_path / "confusion.csv")
    guessed = [predictions.classes[index] for index in predictions.probabilities.argmax(axis=1)]
    expected = Counter(zip(predictions.column("label"), guessed, strict=True))
    assert {(row["actual"], row["predicted"]): int(row["count"]) for row in rows} == expected
    assert rows == sorted(rows, key=lambda row: (row["actual"], row["predicted"]))


def test_reliability_lists_the_bins_that_hold_images(
    make_predictions: Callable[..., Predictions], tmp_path: Path
) -> None:
    predictions = make_predictions()
    rel = split_reliability(predictions, 10)
    write_reliability(tmp_path / "reliability.csv", rel, bin_accuracy(predictions, rel, 0.95))
    rows = read(tmp_path / "reliability.csv")
    assert sum(int(row["count"]) for row in rows) == len(predictions)
    assert all(int(row["bin"]) - 1 <= 10 * float(row["confidence"]) <= int(row["bin"]) for row in rows)
    assert all(float(row["accuracy_low"]) <= float(row["accuracy"]) <= float(row["accuracy_high"]) for row in rows)
    right = sum(float(row["accuracy"]) * int(row["count"]) for row in rows)
    assert right / len(predictions) == pytest.approx(predictions.decisions.accuracy, abs=1e-5)


def test_labels_with_commas_and_quotes_survive(predictions: Predictions, tmp_path: Path) -> None:
    names = ['a, "b"', "elm", "oak"]
    renamed = predictions.table.set_column(
        predictions.table.column_names.index("label"), "label", [[names[target] for target in predictions.targets]]
    )
    write_confusion(tmp_path / "confusion.csv", Predictions(renamed, predictions.probabilities, names))
    assert read(tmp_path / "confusion.csv")[0]["actual"] == 'a, "b"'
