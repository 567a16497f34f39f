"""An exponential moving average of a model's weights."""

import copy
from itertools import chain

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

_RAMP = 10


class Ema:
    """A copy of a model whose weights trail it.

    After update number t (from 0) the average is `d * average + (1 - d) * weights` with
    `d = min(decay, (1 + t) / (10 + t))`: a short run is not held back by its random start
    (TensorFlow's `ExponentialMovingAverage(num_updates=...)`). Running statistics of norms are averaged alike;
    counters are copied.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(requires_grad=False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move the average towards `model`'s weights; `step` counts updates from 0."""
        decay = min(self.decay, (1 + step) / (_RAMP + step))
        averages, weights = [], []
        # Not over state_dict(), which would list shared weights twice and average them twice.
        ours, theirs = (chain(module.parameters(), module.buffers()) for module in (self.model, model))
        for average, weight in zip(ours, theirs, strict=True):
            if average.is_floating_point():
                averages.append(average)
                weights.append(weight)
            else:
                average.copy_(weight)
        get_ema_multi_avg_fn(decay)(averages, weights, step)  # type: ignore[no-untyped-call]
