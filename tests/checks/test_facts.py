from collections.abc import Callable

import pyarrow as pa

from winnow.checks.facts import Facts


def test_images_are_counted_by_label_and_split(facts: Callable[..., Facts]) -> None:
    known = facts(("oak", "train", 3), ("ash", "test", 2), ("oak", "test", 1))
    assert list(known.counts) == ["ash", "oak"]
    assert known.counts["oak"] == {"train": 3, "test": 1}
    assert known.counts["ash"]["train"] == 0
    assert known.num_in("test") == 3
    assert known.split_counts == {"train": 3, "val": 0, "test": 3, "vault": 0, "held_out": 0}
    assert known.labels_without("train") == ["ash"]


def test_images_are_chosen_by_split(facts: Callable[..., Facts]) -> None:
    known = facts(("oak", "train", 2), ("oak", "val", 1), ("oak", "vault", 1))
    assert known.in_splits("val", "vault")["split"].to_pylist() == ["val", "vault"]
    assert known.in_splits("held_out").num_rows == 0


def test_holding_out_moves_images_and_changes_nothing_else(facts: Callable[..., Facts]) -> None:
    known = facts(("oak", "train", 3), ("oak", "test", 1), num_unlabelled=5)
    pairs = [(f"{1:020x}", f"{3:020x}")]
    after = known.with_held_out(pa.chunked_array([[False, True, False, False]]), pairs)
    assert after.index["split"].to_pylist() == ["train", "held_out", "train", "test"]
    assert after.index.drop_columns(["split"]) == known.index.drop_columns(["split"])
    assert (after.num_unlabelled, after.near_duplicates) == (5, pairs)
    assert after.split_counts["held_out"] == 1
    assert known.split_counts["held_out"] == 0


def test_no_images_are_no_classes(facts: Callable[..., Facts]) -> None:
    assert facts().counts == {}
