"""Small images first: early epochs learn coarse shapes at a fraction of the cost. A function of the step alone.

Progressive resizing as in Howard 2018 (fast.ai's entry to DAWNBench) and Tan and Le 2021, "EfficientNetV2", section 4.
Validation, evaluation and every later use see full-size images.
"""

import torch
from torch import nn
from torch.nn import functional

from winnow.errors import ConfigError
from winnow.models.bundle import Architecture
from winnow.models.factory import try_out
from winnow.training.config import ProgressiveConfig

_STEP_PX = 4
_SMALLEST_PX = 8


def size_at(progress: float, full_px: int, config: ProgressiveConfig) -> int:
    """Return the height and width in pixels after `progress` (0 to 1) of all steps.

    A straight line from `start_fraction` of `full_px` to all of it at `full_from`, rounded to multiples of 4: few
    different sizes, each of which a machine prepares its kernels for.
    """
    if progress >= config.full_from or config.start_fraction >= 1.0:
        return full_px
    share = config.start_fraction + (1.0 - config.start_fraction) * progress / config.full_from
    return min(full_px, max(_SMALLEST_PX, _STEP_PX * round(share * full_px / _STEP_PX)))


def shrink(images: torch.Tensor, size_px: int) -> torch.Tensor:
    """Return images [B, C, H, W] resized to `size_px` on both axes, averaged where pixels merge."""
    if images.shape[-1] == size_px:
        return images
    return functional.interpolate(images, size=(size_px, size_px), mode="bilinear", antialias=True)


def require_any_size(model: nn.Module, architecture: Architecture, config: ProgressiveConfig) -> None:
    """Raise ConfigError for a network that cannot read the first, smallest images."""
    smallest = size_at(0.0, architecture.size, config)
    if smallest == architecture.size:
        return
    try:
        try_out(model, architecture.model_copy(update={"size": smallest}))
    except ConfigError as error:
        raise ConfigError(
            error.message, hint="raise `train.progressive.start_fraction`; 1.0 switches it off"
        ) from error
