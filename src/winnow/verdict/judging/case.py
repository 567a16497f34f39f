"""What is judged and by which rules: the aligned pair, and all that the blocks of the verdict compute from it."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from winnow.disclosure import Disclosure
from winnow.evaluation.scores import mean_area, split_reliability
from winnow.gate_config import GateConfig
from winnow.metrics.calibration import Reliability
from winnow.stats.bootstrap import Resampling
from winnow.stats.delong import MeanAuroc
from winnow.stats.groups import Groups
from winnow.stats.intervals import Interval
from winnow.verdict.record.evidence import Estimate
from winnow.verdict.sides.alignment import Pair


@dataclass(frozen=True)
class Judging:
    """The rules. But for `gate` and `disclosure`, fields are those of `evaluate:` in `params.yaml`."""

    gate: GateConfig
    disclosure: Disclosure
    confidence: float
    bootstrap_samples: int
    seed: int
    calibration_bins: int

    @property
    def resampling(self) -> Resampling:
        """How to draw where there is no closed form."""
        return Resampling(self.bootstrap_samples, self.seed, self.confidence)


@dataclass(frozen=True)
class Case:
    """Two models on the same N images of K classes."""

    pair: Pair
    judging: Judging

    def __len__(self) -> int:
        return len(self.pair.head)

    @property
    def groups(self) -> Groups:
        """Which images are one witness."""
        return self.pair.head.groups

    @property
    def num_groups(self) -> int | None:
        """How many witnesses there are, where images share groups."""
        return self.groups.count if self.groups.repeat else None

    @property
    def targets(self) -> NDArray[np.int64]:
        """The true classes, [N]."""
        return self.pair.head.targets

    @cached_property
    def differences(self) -> NDArray[np.int64]:
        """1 where the head mends the base, -1 where it breaks it, else 0, [N]."""
        head, base = self.pair.head.decisions.correct, self.pair.base.decisions.correct
        return head.astype(np.int64) - base.astype(np.int64)

    @property
    def num_fixed(self) -> int:
        """Images that are wrong at the base and right at the head."""
        return int(np.count_nonzero(self.differences > 0))

    @property
    def num_broken(self) -> int:
        """Images that are right at the base and wrong at the head."""
        return int(np.count_nonzero(self.differences < 0))

    @cached_property
    def areas(self) -> tuple[MeanAuroc, MeanAuroc] | None:
        """The areas under the ROC curves of base and head; None where all images are of one class."""
        base, head = mean_area(self.pair.base), mean_area(self.pair.head)
        return None if base is None or head is None else (base, head)

    @cached_property
    def reliabilities(self) -> tuple[Reliability, Reliability]:
        """Confidence against accuracy, of base and head."""
        num_bins = self.judging.calibration_bins
        return split_reliability(self.pair.base, num_bins), split_reliability(self.pair.head, num_bins)


def estimate(value: float, interval: Interval | None) -> Estimate:
    """Return the record of a finite number; an interval with an end that is not known counts as none."""
    if interval is None or not all(map(math.isfinite, interval)):
        return Estimate(value=value, low=None, high=None)
    return Estimate(value=value, low=interval.low, high=interval.high)
