"""The learning rate of every step: a straight line up, then half a cosine down. Torch-free."""

import math
from dataclasses import dataclass

from winnow.training.config import ScheduleConfig


@dataclass(frozen=True)
class Schedule:
    """A function of the step alone, so that a resumed run needs nothing but the step's number."""

    num_steps: int
    """Steps of the whole run, at least 1."""

    num_warmup_steps: int
    """Steps of the rising line; may be 0, and at most `num_steps`."""

    final_fraction: float
    """The last step's share of the peak learning rate."""

    def fraction(self, step: int) -> float:
        """Return the share of the peak learning rate at `step`, counted from 0.

        The warm-up reaches the peak on its last step, the cosine the final share on the last step of all
        (Loshchilov and Hutter 2017, "SGDR", equation 5, one period).
        """
        if step < self.num_warmup_steps:
            return (step + 1) / self.num_warmup_steps
        # The cosine starts from the warm-up's last step, where the share is 1.
        first = max(self.num_warmup_steps - 1, 0)
        span = max(self.num_steps - 1 - first, 1)
        cosine = 0.5 * (1.0 + math.cos(math.pi * min(step - first, span) / span))
        return self.final_fraction + (1.0 - self.final_fraction) * cosine


def build_schedule(config: ScheduleConfig, *, num_epochs: int, steps_per_epoch: int) -> Schedule:
    """Return the schedule of a run of `num_epochs`; fractions of a warm-up epoch are rounded to whole steps."""
    num_steps = num_epochs * steps_per_epoch
    num_warmup_steps = min(round(config.warmup_epochs * steps_per_epoch), num_steps)
    return Schedule(num_steps=num_steps, num_warmup_steps=num_warmup_steps, final_fraction=config.final_lr_fraction)
