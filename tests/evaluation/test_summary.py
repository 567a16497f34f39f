import json
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import ConfigError, InputError
from winnow.evaluation.config import EvaluateConfig
from winnow.evaluation.predictions import Predictions
from winnow.evaluation.summary import summarise

CUSTOM = Path("nowhere")
BUILT_IN = ("accuracy", "balanced_accuracy", "macro_f1", "auroc", "log_loss", "brier", "ece")
Config = Callable[..., EvaluateConfig]


def summary_of(predictions: Predictions, config: EvaluateConfig, custom: Path = CUSTOM) -> dict[str, object]:
    return summarise(predictions.of_split("val"), predictions.of_split("test"), config, custom)


def test_every_score_is_three_scalars_and_nothing_is_a_list(predictions: Predictions, make_config: Config) -> None:
    summary = summary_of(predictions, make_config())
    expected = {f"{name}{end}" for name in BUILT_IN for end in ("", "_low", "_high")}
    counts = {"num_test", "num_classes", "num_classes_tested", "num_val", "val_accuracy", "confidence"}
    assert set(summary) == expected | counts
    assert all(isinstance(value, float | int | str) for value in summary.values())
    assert summary["num_test"] == 60
    assert summary["num_val"] == 30
    assert json.loads(json.dumps(summary)) == summary


def test_a_narrower_confidence_gives_narrower_intervals(predictions: Predictions, make_config: Config) -> None:
    wide, narrow = (summary_of(predictions, make_config(confidence=level)) for level in (0.99, 0.6))
    for name in BUILT_IN:
        assert wide[name] == narrow[name]
        assert wide[f"{name}_low"] <= narrow[f"{name}_low"] <= narrow[f"{name}_high"] <= wide[f"{name}_high"]


def test_the_same_predictions_give_the_same_summary(predictions: Predictions, make_config: Config) -> None:
    assert summary_of(predictions, make_config()) == summary_of(predictions, make_config())


def test_repeating_groups_are_counted(make_predictions: Callable[..., Predictions], make_config: Config) -> None:
    assert summary_of(make_predictions(groups=7), make_config())["num_test_groups"] == 7


def test_two_classes_add_an_operating_point(make_predictions: Callable[..., Predictions], make_config: Config) -> None:
    summary = summary_of(make_predictions(classes=("no", "yes")), make_config())
    assert summary["positive_label"] == "yes"
    assert 0 <= summary["threshold"] <= 1
    for name in ("sensitivity", "specificity"):
        assert summary[f"{name}_low"] <= summary[name] <= summary[f"{name}_high"]


def test_a_class_without_test_images_is_left_out_and_counted(
    predictions: Predictions, make_config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    test = predictions.of_split("test")
    rows = [row for row, label in enumerate(test.column("label")) if label != "oak"]
    fewer = Predictions(test.table.take(rows), test.probabilities[rows], test.classes)
    summary = summarise(predictions.of_split("val"), fewer, make_config(), CUSTOM)
    assert (summary["num_classes"], summary["num_classes_tested"]) == (3, 2)
    assert "1 of 3 classes have no test image" in caplog.text


def test_one_group_leaves_the_intervals_out_and_says_so(
    make_predictions: Callable[..., Predictions], make_config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    summary = summary_of(make_predictions(groups=1), make_config())
    assert not [name for name in summary if name.endswith(("_low", "_high"))]
    assert summary["num_test_groups"] == 1
    assert "one witness gives no intervals" in caplog.text


def test_without_validation_images_there_is_no_validation_accuracy(
    predictions: Predictions, make_config: Config
) -> None:
    summary = summarise(predictions.of_split("vault"), predictions.of_split("test"), make_config(), CUSTOM)
    assert summary["num_val"] == 0
    assert "val_accuracy" not in summary


def test_without_test_images_there_is_nothing_to_judge(predictions: Predictions, make_config: Config) -> None:
    with pytest.raises(InputError, match="expected images in the split `test`, got none"):
        summarise(predictions, predictions.of_split("vault"), make_config(), CUSTOM)


def test_custom_metrics_join_the_others_unless_their_name_is_taken(
    predictions: Predictions, make_config: Config, tmp_path: Path
) -> None:
    code = "def top(p, y):\n    return p.max(axis=1).mean()\n\ndef ece(p, y):\n    return 0.5\n"
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    config = make_config(metrics=[{"name": "mine:top", "options": {}}])
    summary = summary_of(predictions, config, tmp_path)
    assert summary["top_low"] < summary["top"] < summary["top_high"]
    with pytest.raises(ConfigError, match="the name `ece` is taken"):
        summary_of(predictions, make_config(metrics=[{"name": "mine:ece", "options": {}}]), tmp_path)
