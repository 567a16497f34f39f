import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from predicted import predict, save

from winnow.errors import FormatError, InputError
from winnow.verdict.sides.stored import load_predictions, parse_predictions

STORED = predict({"a": "cat", "b": "dog"})
HEADER = b"id,label,prob_cat,prob_dog\n"


@pytest.mark.parametrize("name", ["p.parquet", "p.csv"])
def test_a_file_and_its_bytes_are_read_alike(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / name, STORED)
    for found in (load_predictions(path), parse_predictions(path.read_bytes(), "main", path.suffix)):
        assert found.table.equals(STORED.table)
        assert found.probabilities == pytest.approx(STORED.probabilities)


@pytest.mark.parametrize(
    ("suffix", "content", "message"),
    [
        (".parquet", b"", "main: p cannot be read"),
        (".parquet", b"version https://git-lfs.github.com/spec/v1\noid", "main: p is a Git LFS pointer"),
        (".csv", b"", "main: p cannot be read"),
        (".csv", b"id,label,prob_cat,prob_dog\nx,cat,1\n", "main: p cannot be read"),
        (".csv", b"id,id,label,prob_cat\nx,y,cat,1\n", "main: p cannot be read"),
        (".csv", b"\xff\xfe\x00", "main: p"),
        (".csv", b"name,accuracy\nx,1\n", "main: p: no column `id`"),
        (".csv", HEADER + b"x,cat,nan,1\n", r"main: p: a probability is missing or outside \[0, 1\]"),
        (".csv", HEADER + b"x,owl,0.5,0.5\n", "main: p: unknown label 'owl'"),
        (".csv", HEADER + b"x,cat,0.5,0.5\nx,cat,0.5,0.5\n", "main: p: an id occurs twice"),
    ],
)
def test_what_is_wrong_is_said_without_the_place_it_was_put_to(suffix: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_predictions(content, "main: p", suffix)
    assert "winnow-" not in str(caught.value)


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    content = save(tmp_path / "p.parquet", STORED).read_bytes()
    for length in range(0, len(content) - 1, 97):
        with pytest.raises(InputError, match="main cannot be read"):
            parse_predictions(content[:length], "main", ".parquet")


def test_a_damaged_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    content = bytearray(save(tmp_path / "p.parquet", STORED).read_bytes())
    content[40:-12] = bytes(len(content) - 52)
    with pytest.raises(InputError, match="main cannot be read"):
        parse_predictions(bytes(content), "main", ".parquet")


def test_columns_of_another_kind_are_refused(tmp_path: Path) -> None:
    table = pa.table({"id": [["a"]], "label": ["cat"], "prob_cat": [1.0]})
    pq.write_table(table, tmp_path / "p.parquet")
    with pytest.raises(InputError, match=r"p\.parquet cannot be read"):
        load_predictions(tmp_path / "p.parquet")


def test_another_schema_is_told_from_a_broken_file() -> None:
    table = pa.table({"id": ["a"], "label": ["cat"], "prob_cat": [1.0]})
    stream = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"schema": "0", "task": "single_label"}), stream)
    with pytest.raises(FormatError, match="main: expected schema 1, got '0'"):
        parse_predictions(stream.getvalue(), "main", ".parquet")


def test_a_pointer_that_was_not_smudged_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(InputError, match="is a Git LFS pointer"):
        load_predictions(path)
