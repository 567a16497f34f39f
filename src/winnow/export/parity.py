"""Whether an exported file answers as the bundle does: differences of outputs, and what they do to accuracy."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from winnow.errors import CheckError, DivergenceError, InputError
from winnow.runtime import Outputs
from winnow.stats.groups import Groups
from winnow.stats.paired import paired_share_interval

Ask = Callable[[NDArray[np.uint8]], Outputs]

_BATCH_SIZE = 64
_DIGITS = 6
_SIGNIFICANT = 3


class Images(Protocol):
    """What is asked about: `data.prepared.PreparedSplit`, or arrays in a test."""

    targets: NDArray[np.int64]
    """[N]."""

    def gather(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        """Return uint8 [B, size, size, channels]."""


class Judged(NamedTuple):
    """How one file compares with the bundle."""

    record: dict[str, Any]
    """For `parity.json`: scalars."""

    relative_difference: float
    """The largest difference of a logit over the largest logit, at least 1."""

    low: float | None
    """The lower end of the interval of the accuracy's change; None where none can be known."""


class _Tally:
    """Differences from the reference, batch by batch: memory does not grow with classes times images."""

    def __init__(self) -> None:
        self.largest = 0.0
        self.total = 0.0
        self.count = 0
        self.embedding = 0.0
        self.classes: list[NDArray[np.int64]] = []

    def add(self, reference: Outputs, outputs: Outputs) -> None:
        gaps = np.abs(outputs.logits.astype(np.float64) - reference.logits)
        self.largest = max(self.largest, float(gaps.max()))
        self.total += float(gaps.sum())
        self.count += gaps.size
        self.embedding = max(self.embedding, float(np.abs(outputs.embedding - reference.embedding).max(initial=0)))
        self.classes.append(outputs.logits.argmax(axis=1))


def compare(
    reference: Ask, others: Mapping[str, Ask], images: Images, groups: Groups, confidence: float
) -> dict[str, Judged]:
    """Return how each of `others` compares with the `reference` on all `images`, of which `groups` are witnesses.

    The change of accuracy has its paired interval (`stats.paired`). Raises InputError without images, DivergenceError
    for an output of the reference that is not finite.
    """
    if not len(images.targets):
        raise InputError(
            "expected images in the split `test` to compare on, got none",
            hint="add images, raise data.test_fraction, or pin some with `split` in data/labels.csv",
        )
    tallies = {name: _Tally() for name in others}
    classes, scale = [], 1.0
    for pixels in batches(images, np.arange(len(images.targets))):
        expected = reference(pixels)
        if not np.isfinite(expected.logits).all():
            raise DivergenceError("the model's outputs are not finite", hint="train again with a lower learning rate")
        scale = max(scale, float(np.abs(expected.logits).max()))
        classes.append(expected.logits.argmax(axis=1))
        for name, ask in others.items():
            tallies[name].add(expected, ask(pixels))
    was = np.concatenate(classes)
    return {name: _judge(tally, was, scale, images.targets, groups, confidence) for name, tally in tallies.items()}


def batches(images: Images, rows: NDArray[np.integer[Any]]) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels of `rows`, batch by batch."""
    for start in range(0, len(rows), _BATCH_SIZE):
        yield images.gather(rows[start : start + _BATCH_SIZE])


def _judge(
    tally: _Tally,
    was: NDArray[np.int64],
    scale: float,
    targets: NDArray[np.int64],
    groups: Groups,
    confidence: float,
) -> Judged:
    now = np.concatenate(tally.classes)
    differences = (now == targets).astype(np.int64) - (was == targets)
    interval = paired_share_interval(differences, groups, confidence)
    record = {
        "max_difference": _few_digits(tally.largest),
        "mean_difference": _few_digits(tally.total / tally.count),
        "relative_difference": _few_digits(tally.largest / scale),
        "max_embedding_difference": _few_digits(tally.embedding),
        "agreement": round(float(np.mean(now == was)), _DIGITS),
        "accuracy": round(float(np.mean(now == targets)), _DIGITS),
        "bundle_accuracy": round(float(np.mean(was == targets)), _DIGITS),
        "accuracy_change": round(float(differences.mean()), _DIGITS),
    }
    if interval is not None:
        record["accuracy_change_low"] = round(interval.low, _DIGITS)
        record["accuracy_change_high"] = round(interval.high, _DIGITS)
    return Judged(record, tally.largest / scale, interval.low if interval is not None else None)


def _few_digits(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT}g}")


def excess_loss(judged: Judged, max_loss: float) -> str:
    """Return why a file may not take the bundle's place, or nothing: the whole interval must lie above -max_loss."""
    if judged.low is None:
        return "too few groups of images to know how much accuracy it loses"
    if judged.low <= -max_loss:
        change = judged.record["accuracy_change"]
        return f"accuracy changes by {change:+.4f}, and by {judged.low:+.4f} at worst: more than {max_loss:g} is lost"
    return ""


def require_same(judged: Judged, tolerance: float) -> None:
    """Raise CheckError when the file answers otherwise than the bundle."""
    # Written so that a NaN fails.
    if not judged.relative_difference <= tolerance:
        raise CheckError(
            f"model.onnx differs from the bundle by {judged.relative_difference:.3g} of the largest logit, at most "
            f"{tolerance:g} is allowed (export.tolerance)",
            hint="models/onnx/parity.json has the rest; a network that draws numbers while it answers cannot do",
        )
