import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winnow.checks import opinions as module
from winnow.checks.opinions import read_opinions
from winnow.errors import FormatError, InputError

CLASSES = ("ash", "oak", "yew")


def write(path: Path, labels: list[str], probabilities: np.ndarray, split: str = "test", task: str = "x") -> pa.Table:
    """Write predictions of as many images, and return the index that they belong to."""
    ids = [f"{at:020x}" for at in range(len(labels))]
    columns = {"id": ids, "split": [split] * len(ids), "label": labels, "group": [""] * len(ids)}
    columns |= {f"prob_{name}": probabilities[:, at].astype(np.float32) for at, name in enumerate(CLASSES)}
    metadata = {"schema": "1", "task": "single_label" if task == "x" else task, "labels": json.dumps(CLASSES)}
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), path, row_group_size=50)
    return pa.table({name: pa.array(columns[name], pa.string()) for name in ("id", "split", "label")})


def model(labels: list[str], rng: np.random.Generator, temperature: float = 1.0) -> np.ndarray:
    """Return what a good but not perfect model says: right in some 95 of 100 cases."""
    logits = rng.normal(size=(len(labels), 3)) + 4 * np.eye(3)[[CLASSES.index(label) for label in labels]]
    scores = np.exp(logits / temperature)
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "predictions.parquet"


def test_planted_label_errors_are_found_and_hardly_anything_else(path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = [CLASSES[at % 3] for at in range(600)]
    probabilities = model(truth, rng)
    wrong = set(range(0, 600, 31))
    labels = [CLASSES[(at + 1) % 3] if at in wrong else label for at, label in enumerate(truth)]
    found = read_opinions(path, write(path, labels, probabilities), 0.8)
    rows = {int(doubt.id, 16) for doubt in found.doubts}
    assert len(rows & wrong) >= 0.6 * len(wrong)
    assert len(rows - wrong) <= 0.01 * 600
    assert all(doubt.label == labels[int(doubt.id, 16)] for doubt in found.doubts)
    assert (found.num_judged, found.num_gone, found.num_relabelled, found.num_new) == (600, 0, 0, 0)


def test_a_good_model_on_right_labels_doubts_hardly_any(path: Path) -> None:
    labels = [CLASSES[at % 3] for at in range(600)]
    found = read_opinions(path, write(path, labels, model(labels, np.random.default_rng(1))), 0.8)
    assert len(found.doubts) <= 0.01 * 600


def test_a_model_that_knows_nothing_accuses_nobody(path: Path) -> None:
    rng = np.random.default_rng(2)
    labels = [CLASSES[at % 3] for at in range(300)]
    found = read_opinions(path, write(path, labels, rng.dirichlet((9, 9, 9), 300)), 0.8)
    assert found.doubts == []


def test_another_class_must_be_as_probable_as_it_is_where_it_is_the_label(path: Path) -> None:
    """The model is timid about ash (0.6 on average) and sure of oak (0.9): 0.85 for oak is no accusation."""
    probabilities = np.array(
        [[0.6, 0.3, 0.1]] * 10 + [[0.05, 0.9, 0.05]] * 10 + [[0.1, 0.85, 0.05], [0.02, 0.95, 0.03]]
    )
    labels = ["ash"] * 10 + ["oak"] * 10 + ["yew", "yew"]
    (doubt,) = read_opinions(path, write(path, labels, probabilities), 0.5).doubts
    assert (doubt.id, doubt.label, doubt.other) == (f"{21:020x}", "yew", "oak")
    assert (doubt.probability, doubt.own_probability) == pytest.approx((0.95, 0.03))


def test_the_most_doubtful_come_first(path: Path) -> None:
    probabilities = np.array([[0.9, 0.05, 0.05]] * 20 + [[0.91, 0.08, 0.01], [0.97, 0.02, 0.01], [0.93, 0.05, 0.02]])
    labels = ["ash"] * 20 + ["oak"] * 3
    doubts = read_opinions(path, write(path, labels, probabilities), 0.0).doubts
    assert [int(doubt.id, 16) for doubt in doubts] == [21, 22, 20]


def test_chunks_make_no_difference(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    truth = [CLASSES[at % 3] for at in range(200)]
    labels = [CLASSES[1] if at % 9 == 0 else label for at, label in enumerate(truth)]
    index = write(path, labels, model(truth, rng))
    whole = read_opinions(path, index, 0.5)
    assert whole.doubts
    monkeypatch.setattr(module, "_CHUNK_VALUES", 21)
    assert read_opinions(path, index, 0.5) == whole


def test_todays_labels_count_and_what_is_stale_is_counted(path: Path) -> None:
    probabilities = np.array([[0.95, 0.03, 0.02]] * 10 + [[0.02, 0.95, 0.03]] * 10)
    index = write(path, ["ash"] * 10 + ["oak"] * 10, probabilities)
    labels = index["label"].to_pylist()
    labels[0] = "oak"
    ids = index["id"].to_pylist()
    now = pa.table(
        {
            "id": pa.array([*ids[:18], "e" * 20, "f" * 20, "a" * 20]),
            "split": pa.array(["test"] * 18 + ["val", "train", "test"]),
            "label": pa.array([*labels[:18], "oak", "oak", "elm"]),
        }
    )
    found = read_opinions(path, now, 0.8)
    assert (found.num_judged, found.num_gone, found.num_relabelled, found.num_new) == (18, 2, 1, 2)
    assert [(doubt.id, doubt.label, doubt.other) for doubt in found.doubts] == [(ids[0], "oak", "ash")]


def test_training_images_are_left_out_for_the_model_has_seen_them(path: Path) -> None:
    probabilities = np.array([[0.95, 0.03, 0.02]] * 10 + [[0.95, 0.02, 0.03]])
    found = read_opinions(path, write(path, ["ash"] * 10 + ["oak"], probabilities, split="train"), 0.5)
    assert (found.num_judged, found.doubts) == (0, [])


def test_another_task_and_a_broken_file_are_refused(path: Path) -> None:
    index = write(path, ["ash"], np.array([[1.0, 0, 0]]), task="boxes")
    with pytest.raises(FormatError, match="boxes"):
        read_opinions(path, index, 0.5)
    path.write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_opinions(path, index, 0.5)
    assert "dvc repro evaluate" in caught.value.hint
