from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from winnow.evaluation import shards
from winnow.evaluation.reading import Images

CLASSES = ["ash", "élan"]


def images(refused: Sequence[str]) -> Images:
    names = [f"{number}.png" for number in range(len(refused))]
    ids = [None if reason.startswith("Q2") else f"id{number}" for number, reason in enumerate(refused)]
    return Images(0, names, ids, list(refused), np.empty((0, 8, 8, 3), dtype=np.uint8))


def probabilities(*first: float) -> np.ndarray:
    return np.array([[value, 1 - value] for value in first], dtype=np.float32).reshape(len(first), 2)


def write(path: Path) -> None:
    with shards.writing(path, CLASSES) as shard:
        shard.add(images(["Q202 cannot be read", "", "", "Q102 empty"]), probabilities(0.75, 0.25))
        shard.add(images(["Q103 cut"]), probabilities())
        shard.add(images([""]), probabilities(0.5))


def test_every_file_has_its_row_and_refused_ones_have_their_reason(tmp_path: Path) -> None:
    write(shards.shard_path(tmp_path, 0))
    table = pq.read_table(tmp_path / "predictions-00000.parquet")
    assert table.column_names == ["path", "id", "label", "probability", "refused", "prob_ash", "prob_élan"]
    assert table["label"].to_pylist() == [None, "ash", "élan", None, None, "ash"]
    assert table["probability"].to_pylist() == [None, 0.75, 0.75, None, None, 0.5]
    assert table["prob_ash"].to_pylist() == [None, 0.75, 0.25, None, None, 0.5]
    assert table["id"].to_pylist() == [None, "id1", "id2", "id3", "id0", "id0"]
    assert table["refused"].to_pylist() == ["Q202 cannot be read", "", "", "Q102 empty", "Q103 cut", ""]
    assert table.schema.metadata[b"schema"] == b"1"
    assert table.schema.metadata[b"labels"].decode() == '["ash", "élan"]'


def test_the_same_rows_give_the_same_bytes_however_large_the_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    monkeypatch.setattr(shards, "_GROUP_ROWS", 5)
    write(tmp_path / "small")
    assert pq.ParquetFile(tmp_path / "small").num_row_groups == 2
    assert pq.read_table(tmp_path / "small").equals(pq.read_table(tmp_path / "a"))


def test_a_shard_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = shards.shard_path(tmp_path, 7)
    with pytest.raises(KeyboardInterrupt), shards.writing(path, CLASSES) as shard:
        shard.add(images([""]), probabilities(0.5))
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    write(path)
    assert shards.is_whole(path, 6)
    assert not shards.is_whole(path, 5)
    path.write_bytes(path.read_bytes()[:-9])
    assert not shards.is_whole(path, 6)
    assert not shards.is_whole(shards.shard_path(tmp_path, 8), 6)


def test_the_counts_are_those_of_all_shards(tmp_path: Path) -> None:
    for number in range(2):
        write(shards.shard_path(tmp_path, number))
    labels, checks = shards.count(tmp_path)
    assert labels == {"ash": 4, "élan": 2}
    assert checks == {"Q202": 2, "Q102": 2, "Q103": 2}
    assert shards.shard_paths(tmp_path) == [shards.shard_path(tmp_path, 0), shards.shard_path(tmp_path, 1)]
