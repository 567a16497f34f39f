"""Which epoch is the best, and when waiting for a better one ends. Torch-free: it reads the history alone."""

from collections.abc import Mapping, Sequence
from typing import Literal

Select = Literal["val_accuracy", "val_loss", "last"]
Row = Mapping[str, float]
"""One epoch's figures: `train/loss`, `train/accuracy`, `lr` and, with validation images, `val/loss`, `val/accuracy`."""


def best_epoch(history: Sequence[Row], select: Select) -> int:
    """Return the position of the best epoch in a history of at least one.

    Equal validation accuracy is decided by the lower loss; of true equals the earliest wins, so that more epochs
    never replace a result by one that is no better.
    """
    epochs = range(len(history))
    if select == "last":
        return epochs[-1]
    if select == "val_loss":
        return min(epochs, key=lambda epoch: history[epoch]["val/loss"])
    return min(epochs, key=lambda epoch: (-history[epoch]["val/accuracy"], history[epoch]["val/loss"]))


def is_exhausted(history: Sequence[Row], select: Select, early_stop_epochs: int | None) -> bool:
    """Return whether the last `early_stop_epochs` epochs (None: never) brought nothing better."""
    if early_stop_epochs is None or not history:
        return False
    return len(history) - 1 - best_epoch(history, select) >= early_stop_epochs
