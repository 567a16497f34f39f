"""Exported files asked again: what counts as the same answer, and what does not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from branches import tiny_id
from history import write
from predicted import predict
from registered import TEST
from released import Works, label_of, model_files

from winnow.errors import CheckError, InputError
from winnow.evaluation.predictions import COLUMNS
from winnow.release.scoring import (
    Exported,
    allowed_difference,
    ask_all,
    compare,
    load_exported,
    metrics_of,
    require_parity,
    require_recorded,
)
from winnow.runtime import INT8_MODEL, MODEL, softmax
from winnow.verdict.rules import read_rules

RECORDED = predict({tiny_id(n): label_of(n) for n in TEST}, wrong=[tiny_id(n) for n in range(4)])


def exported(folder: Path, **changes: Any) -> Exported:
    """Write a model of which RECORDED is the record, and load it."""
    bundle, files = model_files(folder / "bundle", "1", range(4), **changes)
    write(folder, {f"bundle/{name}": each for name, each in bundle.items()})
    write(folder, {f"onnx/{name}": each for name, each in files.items()})
    return load_exported(folder)


def judged(works: Works, folder: Path, **changes: Any) -> list[str]:
    """Return what is said of each file."""
    model = exported(folder, **changes)
    answers = ask_all(works.project, works.git("rev-parse", "HEAD"), model, RECORDED.table.select(COLUMNS))
    found = compare(RECORDED, answers, 0.95)
    # Of 40 images the worst end is never nearer than 0.07.
    return [require_parity(each, answers.scale, 0.001, 0.1) for each in found]


def test_files_that_answer_as_recorded_pass(works: Works, tmp_path: Path) -> None:
    [fp32, int8] = judged(works, tmp_path, int8=range(4))
    assert fp32 == "model.onnx: probabilities differ by at most 0, the top class agrees on 100.00% of the images"
    assert int8.endswith("accuracy changes by +0.0000")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"says": range(5)}, "model.onnx does not answer as recorded"),
        ({"int8": range(12)}, "model.int8.onnx loses accuracy: it changes by -0.2000"),
    ],
)
def test_a_file_that_answers_otherwise_is_refused(works: Works, tmp_path: Path, changes: Any, said: str) -> None:
    with pytest.raises(CheckError, match=said):
        judged(works, tmp_path, **changes)


def test_the_last_file_is_served(tmp_path: Path) -> None:
    assert exported(tmp_path / "a").served == MODEL
    assert exported(tmp_path / "b", int8=range(4)).served == INT8_MODEL


def test_a_file_of_another_bundle_is_refused(tmp_path: Path) -> None:
    exported(tmp_path / "a")
    bundle, _ = model_files(tmp_path / "other", "2", range(4))
    write(tmp_path / "a", {f"bundle/{name}": each for name, each in bundle.items()})
    with pytest.raises(CheckError, match="made from another bundle"):
        load_exported(tmp_path / "a")
    (tmp_path / "a" / "bundle" / "model.safetensors").write_bytes(b"changed")
    with pytest.raises(CheckError, match=r"is not what bundle\.json describes"):
        load_exported(tmp_path / "a")


def test_a_bundle_alone_cannot_be_served(tmp_path: Path) -> None:
    exported(tmp_path)
    (tmp_path / "onnx" / MODEL).unlink()
    with pytest.raises(InputError, match=r"has no onnx/model\.onnx"):
        load_exported(tmp_path)


def test_logits_within_the_tolerance_keep_probabilities_within_the_bound() -> None:
    rng = np.random.default_rng(0)
    for scale in (1.0, 4.0, 30.0):
        logits = rng.uniform(-scale, scale, (2000, 3)).astype(np.float32)
        moved = logits + rng.choice([-1, 1], logits.shape).astype(np.float32) * 0.001 * scale
        gap = float(np.abs(softmax(moved) - softmax(logits)).max())
        assert gap <= allowed_difference(0.001, scale)
    # Close to the bound: two classes that are level.
    level = np.array([[0.0, 0.0]], dtype=np.float32)
    gap = float(np.abs(softmax(level + np.array([[0.1, -0.1]], np.float32)) - softmax(level)).max())
    assert 0.99 * 0.05 < gap < allowed_difference(0.1, 1.0)


def test_recorded_metrics_are_those_of_the_recorded_predictions(works: Works) -> None:
    metrics = metrics_of(RECORDED, read_rules(works.project))
    assert metrics["accuracy"].value == pytest.approx(0.9)
    assert "give" in require_recorded({"accuracy": 0.9, "mine": 3}, metrics, "accuracy")
    told = require_recorded({"accuracy": 0.9, "ece": 0.5}, metrics, "accuracy")
    assert told.endswith("others are defined otherwise today: ece")
    for recorded, primary in (({"accuracy": 0.95}, "accuracy"), ({"accuracy": 0.9}, "brier"), ({}, "accuracy")):
        with pytest.raises(CheckError, match="which the recorded predictions do not give"):
            require_recorded(recorded, metrics, primary)


def test_other_classes_are_refused(works: Works, tmp_path: Path) -> None:
    model = exported(tmp_path)
    answers = ask_all(works.project, works.git("rev-parse", "HEAD"), model, RECORDED.table.select(COLUMNS))
    other = predict({tiny_id(n): label_of(n) for n in TEST}, classes=("cat", "dog", "emu"))
    with pytest.raises(CheckError, match="other classes than the model"):
        compare(other, answers, 0.95)
