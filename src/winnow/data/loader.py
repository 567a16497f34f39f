"""Batches for training and evaluation, gathered whole from memory-mapped pixels.

Epoch `e` visits the images in a permutation drawn from the seed and `e` alone, so a killed run resumes at any step
without replaying what came before.

There is no worker and no prefetching thread: gathering a batch takes a few hundredths of a training step on a CPU,
where a second thread would only take turns with the step, and an accelerator computes while the next batch is gathered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from winnow.seeding import derive_seed


class Source(Protocol):
    """What a loader reads: `data.prepared.PreparedSplit`, or an array in a test."""

    targets: NDArray[np.int64]
    """[N]."""

    def gather(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        """Return uint8 [B, size, size, channels], in the order of `rows`."""


@dataclass(frozen=True)
class Batch:
    """Some images of a split."""

    pixels: torch.Tensor
    """uint8 [B, size, size, channels]."""

    targets: torch.Tensor
    """int64 [B]."""


class Loader:
    """Cuts a split into batches. Nothing is padded or repeated: the last batch of an epoch is as short as it is."""

    def __init__(
        self, source: Source, *, batch_size: int, shuffle: bool = False, seed: int = 0, min_batch_size: int = 1
    ) -> None:
        """Shuffle with `seed`, or keep the split's order.

        A last batch of fewer than `min_batch_size` images is left out: batch normalisation cannot train on one image.
        """
        self.source = source
        self.batch_size = batch_size
        self._shuffle = shuffle
        self._seed = seed
        whole, rest = divmod(len(source.targets), batch_size)
        self._num_batches = whole + (rest >= max(1, min_batch_size))

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        return self._num_batches

    @property
    def num_images(self) -> int:
        """Return the images of an epoch."""
        return min(len(self.source.targets), len(self) * self.batch_size)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the rows [N] in the order that `epoch` visits them."""
        num_rows = len(self.source.targets)
        if not self._shuffle:
            return np.arange(num_rows)
        return np.random.default_rng(derive_seed(self._seed, "order", epoch)).permutation(num_rows)

    def epoch(self, epoch: int = 0, *, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of `epoch` from number `start` on."""
        order = self.order(epoch)
        for step in range(start, len(self)):
            rows = order[step * self.batch_size : (step + 1) * self.batch_size]
            yield Batch(torch.from_numpy(self.source.gather(rows)), torch.from_numpy(self.source.targets[rows]))
