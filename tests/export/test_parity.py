from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from winnow.errors import CheckError, DivergenceError, InputError
from winnow.export.parity import Judged, batches, compare, excess_loss, require_same
from winnow.runtime import Outputs
from winnow.stats.groups import group_samples, independent
from winnow.stats.paired import paired_share_interval

Ask = Callable[[NDArray[np.uint8]], Outputs]


@dataclass
class Pictures:
    """Images of one pixel, whose value is their row: an asked model can look its answer up."""

    targets: NDArray[np.int64]

    def gather(self, rows: NDArray[np.integer]) -> NDArray[np.uint8]:
        return rows.astype(np.uint8).reshape(-1, 1, 1, 1)


def answering(logits: NDArray[np.float64]) -> Ask:
    def ask(pixels: NDArray[np.uint8]) -> Outputs:
        values = logits[pixels.ravel()].astype(np.float32)
        return Outputs(values, values[:, :1])

    return ask


@pytest.fixture
def images() -> Pictures:
    return Pictures(np.arange(200) % 4)


@pytest.fixture
def logits(images: Pictures) -> NDArray[np.float64]:
    return 2.0 * np.eye(4)[images.targets]


def judge(logits: NDArray[np.float64], other: NDArray[np.float64], images: Pictures) -> Judged:
    return compare(answering(logits), {"it": answering(other)}, images, independent(len(images.targets)), 0.95)["it"]


def test_a_file_that_answers_the_same_has_no_difference(logits: NDArray[np.float64], images: Pictures) -> None:
    record = judge(logits, logits, images).record
    assert (record["max_difference"], record["mean_difference"], record["agreement"]) == (0, 0, 1)
    assert (record["accuracy"], record["bundle_accuracy"], record["accuracy_change"]) == (1, 1, 0)
    assert record["accuracy_change_low"] < 0 < record["accuracy_change_high"]


def test_differences_are_over_all_batches_and_classes(logits: NDArray[np.float64], images: Pictures) -> None:
    other = logits.copy()
    other[150, 3] += 0.5
    judged = judge(logits, other, images)
    assert judged.record["max_difference"] == 0.5
    assert judged.record["mean_difference"] == pytest.approx(0.5 / 800, rel=0.01)
    assert judged.relative_difference == pytest.approx(0.25)
    assert judged.record["max_embedding_difference"] == 0


def test_small_logits_are_measured_against_one(logits: NDArray[np.float64], images: Pictures) -> None:
    judged = judge(logits / 100, logits / 100 + 0.001, images)
    assert judged.relative_difference == pytest.approx(0.001, rel=1e-3)


def test_accuracy_and_its_interval_are_those_of_the_paired_comparison(
    logits: NDArray[np.float64], images: Pictures
) -> None:
    other = logits.copy()
    other[:6] = np.roll(other[:6], 1, axis=1)
    judged = judge(logits, other, images)
    assert judged.record["agreement"] == judged.record["accuracy"] == pytest.approx(194 / 200)
    expected = paired_share_interval(np.where(np.arange(200) < 6, -1, 0), independent(200), 0.95)
    assert expected is not None
    assert judged.low == expected.low
    assert judged.record["accuracy_change_high"] == pytest.approx(expected.high, abs=1e-6)


def test_whole_groups_are_one_witness(logits: NDArray[np.float64], images: Pictures) -> None:
    other = logits.copy()
    other[:10] = np.roll(other[:10], 1, axis=1)
    groups = group_samples([str(row // 10) for row in range(200)])
    grouped = compare(answering(logits), {"it": answering(other)}, images, groups, 0.95)["it"]
    alone = judge(logits, other, images)
    assert grouped.low is not None
    assert alone.low is not None
    assert grouped.low < alone.low


def test_int8_is_kept_only_with_evidence(logits: NDArray[np.float64], images: Pictures) -> None:
    judged = judge(logits, logits, images)
    assert judged.low is not None
    assert excess_loss(judged, max_loss=-judged.low + 0.001) == ""
    assert "at worst" in excess_loss(judged, max_loss=-judged.low - 0.001)


def test_one_group_of_images_is_no_evidence(logits: NDArray[np.float64], images: Pictures) -> None:
    groups = group_samples(["same patient"] * 200)
    judged = compare(answering(logits), {"it": answering(logits)}, images, groups, 0.95)["it"]
    assert "accuracy_change_low" not in judged.record
    assert "too few groups" in excess_loss(judged, max_loss=0.5)


@pytest.mark.parametrize("difference", [0.0021, float("nan")])
def test_a_difference_beyond_the_tolerance_fails(difference: float) -> None:
    require_same(Judged({}, 0.0019, None), 0.002)
    with pytest.raises(CheckError, match=r"export\.tolerance"):
        require_same(Judged({}, difference, None), 0.002)


def test_without_images_there_is_no_comparison() -> None:
    with pytest.raises(InputError, match="split `test`"):
        judge(np.zeros((0, 4)), np.zeros((0, 4)), Pictures(np.zeros(0, dtype=np.int64)))


def test_outputs_of_the_bundle_that_are_not_finite_are_told(logits: NDArray[np.float64], images: Pictures) -> None:
    with pytest.raises(DivergenceError):
        judge(np.where(np.arange(200)[:, None] == 70, np.nan, logits), logits, images)


def test_batches_cover_the_rows_asked_for(images: Pictures) -> None:
    rows = np.arange(3, 150, 2)
    got = np.concatenate([batch.ravel() for batch in batches(images, rows)])
    assert got.tolist() == rows.tolist()
