from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from winnow.data.loader import Batch, Loader


@dataclass(frozen=True)
class InMemory:
    """A split whose pixels say which row they are."""

    targets: NDArray[np.int64]

    def gather(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        return np.broadcast_to(rows.astype(np.uint8)[:, None, None, None], (len(rows), 2, 2, 3)).copy()


def source(num: int) -> InMemory:
    return InMemory(np.arange(num) % 3)


def rows_of(batches: list[Batch]) -> list[int]:
    return list(chain.from_iterable(batch.pixels[:, 0, 0, 0].tolist() for batch in batches))


def test_without_shuffling_the_split_keeps_its_order() -> None:
    batches = list(Loader(source(10), batch_size=4).epoch())
    assert rows_of(batches) == list(range(10))
    assert [len(batch.targets) for batch in batches] == [4, 4, 2]
    assert torch.cat([batch.targets for batch in batches]).tolist() == [row % 3 for row in range(10)]


def test_batches_are_bytes_with_int64_targets() -> None:
    batch = next(Loader(source(5), batch_size=4).epoch())
    assert (batch.pixels.dtype, tuple(batch.pixels.shape)) == (torch.uint8, (4, 2, 2, 3))
    assert batch.targets.dtype == torch.int64


def test_a_shuffled_epoch_visits_every_image_once_with_its_target() -> None:
    batches = list(Loader(source(50), batch_size=8, shuffle=True, seed=1).epoch(3))
    rows = rows_of(batches)
    assert sorted(rows) == list(range(50))
    assert rows != list(range(50))
    assert torch.cat([batch.targets for batch in batches]).tolist() == [row % 3 for row in rows]


def test_order_depends_on_seed_and_epoch_only() -> None:
    first, again = (Loader(source(50), batch_size=8, shuffle=True, seed=1) for _ in range(2))
    list(first.epoch(0))
    assert rows_of(list(first.epoch(2))) == rows_of(list(again.epoch(2)))
    assert rows_of(list(first.epoch(2))) != rows_of(list(first.epoch(3)))
    other = Loader(source(50), batch_size=8, shuffle=True, seed=2)
    assert rows_of(list(first.epoch(2))) != rows_of(list(other.epoch(2)))


@pytest.mark.parametrize("start", [0, 1, 5, 7])
def test_an_epoch_can_begin_at_any_step(start: int) -> None:
    loader = Loader(source(50), batch_size=8, shuffle=True, seed=1)
    assert rows_of(list(loader.epoch(1, start=start))) == rows_of(list(loader.epoch(1)))[8 * start :]


@pytest.mark.parametrize(
    ("num", "min_batch_size", "num_batches", "num_images"),
    [(9, 1, 3, 9), (9, 2, 2, 8), (10, 2, 3, 10), (8, 2, 2, 8), (0, 1, 0, 0), (3, 4, 0, 0)],
)
def test_a_last_batch_that_is_too_small_is_left_out(
    num: int, min_batch_size: int, num_batches: int, num_images: int
) -> None:
    loader = Loader(source(num), batch_size=4, shuffle=True, min_batch_size=min_batch_size)
    batches = list(loader.epoch())
    assert len(batches) == len(loader) == num_batches
    assert sum(len(batch.targets) for batch in batches) == loader.num_images == num_images


def test_an_abandoned_epoch_leaves_nothing_behind() -> None:
    loader = Loader(source(50), batch_size=8)
    for batch in loader.epoch():
        assert len(batch.targets) == 8
        break
    assert len(rows_of(list(loader.epoch()))) == 50


def test_an_error_in_the_source_reaches_the_reader() -> None:
    class Broken(InMemory):
        def gather(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
            raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        next(Loader(Broken(np.arange(4)), batch_size=2).epoch())
