"""What training minimises: cross-entropy with soft targets, or the user's own function of logits and targets."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from winnow.errors import ConfigError
from winnow.references import is_reference, load_reference
from winnow.training.config import LossConfig

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Maps logits [B, K] and target probabilities [B, K] to a scalar []."""


def build_loss(config: LossConfig, *, class_counts: NDArray[np.int64], device: torch.device, custom: Path) -> Loss:
    """Return the loss of `config`; `class_counts` [K] are the training images of each class."""
    if is_reference(config.name):
        return _checked(load_reference(config.name, custom, config.options), config.name)
    balanced = config.class_weights == "balanced"
    weights = torch.from_numpy(balanced_weights(class_counts)).to(device) if balanced else None

    def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(logits.float(), targets, weight=weights, label_smoothing=config.label_smoothing)

    return loss


def balanced_weights(class_counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return weights [K], inverse to each class's share; over the training images their mean is 1.

    A class without training images weighs 0.
    """
    present = class_counts > 0
    weights = class_counts.sum() / (present.sum() * np.maximum(class_counts, 1))
    return np.where(present, weights, 0.0).astype(np.float32)


def _checked(function: Loss, name: str) -> Loss:
    """Refuse results that cannot be minimised, in words the author of `name` understands."""

    def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        value = function(logits, targets)
        if not isinstance(value, torch.Tensor) or value.ndim != 0:
            got = f"shape {list(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
            raise ConfigError(
                f"train.loss {name}: expected one number (a tensor without axes), got {got}",
                hint="return for example `losses.mean()`",
            )
        if not value.requires_grad:
            raise ConfigError(
                f"train.loss {name}: its value does not depend on the logits, nothing would be learned",
                hint="compute it from the logits with torch operations, without .item(), .detach() or NumPy",
            )
        return value

    return loss
