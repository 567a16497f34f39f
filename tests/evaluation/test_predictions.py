import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winnow.errors import FormatError, InputError
from winnow.evaluation.predictions import Predictions, read_predictions, write_predictions


def assert_equal(got: Predictions, expected: Predictions) -> None:
    assert got.table.equals(expected.table)
    assert got.classes == expected.classes
    assert (got.probabilities == expected.probabilities).all()


def test_what_is_written_is_read(predictions: Predictions, tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    write_predictions(path, predictions)
    assert_equal(read_predictions(path), predictions)


def test_the_columns_are_those_of_the_public_format(predictions: Predictions, tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    write_predictions(path, predictions)
    table = pq.read_table(path)
    assert table.column_names == ["id", "split", "label", "group", "site", "prob_ash", "prob_elm", "prob_oak"]
    assert table.schema.field("prob_oak").type == pa.float32()
    metadata = table.schema.metadata
    assert (metadata[b"schema"], metadata[b"task"]) == (b"1", b"single_label")
    assert metadata[b"labels"] == b'["ash", "elm", "oak"]'
    assert table["id"].to_pylist() == sorted(table["id"].to_pylist())


def test_the_same_predictions_give_the_same_bytes(predictions: Predictions, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_predictions(tmp_path / name, predictions)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_split_keeps_its_rows_together(predictions: Predictions) -> None:
    val, test = predictions.of_split("val"), predictions.of_split("test")
    assert len(val) + len(test) == len(predictions)
    assert set(val.column("split")) == {"val"}
    rows = [predictions.column("id").index(image) for image in val.column("id")]
    assert (val.probabilities == predictions.probabilities[rows]).all()
    assert [val.classes[target] for target in val.targets] == val.column("label")
    assert val.further == ["site"]


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: tuple[str, ...]) -> Path:
        path = tmp_path / "predictions.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
        return path

    return write


HEADER = ("id", "label", "prob_007", "prob_8")


def test_a_csv_of_another_program_needs_an_id_a_label_and_probabilities_only(write_csv: Callable[..., Path]) -> None:
    path = write_csv(("batch", *HEADER), ("3", "b", "8", "0.25", "0.75"), ("03", "a", "007", "0.9", "0.1"))
    got = read_predictions(path)
    assert got.classes == ["007", "8"]
    assert got.column("id") == ["a", "b"]
    assert got.column("label") == ["007", "8"]
    assert got.column("split") == ["test", "test"]
    assert got.column("group") == ["", ""]
    assert got.column("batch") == ["03", "3"]
    assert got.probabilities.dtype == np.float32
    assert got.probabilities.tolist() == [[pytest.approx(0.9), pytest.approx(0.1)], [0.25, 0.75]]


def test_a_parquet_file_of_another_program_may_have_other_types(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    columns = {"id": [2, 1], "label": [5, 6], "group": [None, "p"], "prob_5": [0.5, 0.1], "prob_6": [0.5, 0.9]}
    pq.write_table(pa.table(columns), path)
    got = read_predictions(path)
    assert got.column("id") == ["1", "2"]
    assert got.column("group") == ["p", ""]
    assert got.targets.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("id", "prob_a"), ("1", "1")], "no column `label`"),
        ([("id", "label"), ("1", "a")], "no column begins with `prob_`"),
        ([HEADER, ("a", "8", "0.5", "0.5"), ("a", "8", "0.5", "0.5")], "an id occurs twice (1 rows, the first is 'a'"),
        ([HEADER, ("", "8", "0.5", "0.5")], "an id is empty"),
        ([HEADER, ("a", "8", "", "0.5")], "a probability is missing or outside [0, 1] (1 rows, the first is 'a'"),
        ([HEADER, ("a", "8", "nan", "0.5")], "a probability is missing"),
        ([HEADER, ("a", "8", "-0.1", "1.1")], "outside [0, 1]"),
        ([HEADER, ("a", "8", "0.4", "0.5")], "do not sum to 1"),
        ([HEADER, ("a", "9", "0.5", "0.5")], "unknown label '9'"),
        ([(*HEADER, "split"), ("a", "8", "0.5", "0.5", "tset")], "unknown split 'tset'"),
        ([HEADER, ("a", "8", "half", "0.5")], "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_judged_is_refused(
    rows: list[tuple[str, ...]], said: str, write_csv: Callable[..., Path]
) -> None:
    path = write_csv(*rows)
    with pytest.raises(InputError) as caught:
        read_predictions(path)
    assert said in str(caught.value)
    assert "hint:" in str(caught.value)


def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dvc repro evaluate"):
        read_predictions(tmp_path / "predictions.parquet")


def test_another_schema_is_refused_by_name(predictions: Predictions, tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    write_predictions(path, predictions)
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({"schema": "2", "task": "single_label"}), path)
    with pytest.raises(FormatError, match="expected schema 1, got '2'"):
        read_predictions(path)
