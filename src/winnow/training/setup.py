"""What a run is made of and never changes: data, augmentation, loss, device, schedule."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from winnow.data.loader import Loader, Source
from winnow.errors import ConfigError
from winnow.models.placement import choose_device, choose_precision
from winnow.training.config import TrainConfig
from winnow.training.loss import Loss, build_loss
from winnow.training.schedule import Schedule, build_schedule
from winnow.transforms.augment import Augment, build_augment
from winnow.transforms.normalize import Normalize

_SMALLEST_BATCH = 2
"""Batch normalisation has no variance over one image: a last single image sits an epoch out, another one each time."""


@dataclass(frozen=True)
class Setup:
    """The constant half of a run; `state.State` is the other."""

    config: TrainConfig
    num_classes: int
    device: torch.device
    dtype: torch.dtype
    """Of multiplications; weights are float32."""

    train: Loader
    val: Loader | None
    normalize: Normalize
    augment: Augment
    loss: Loss

    @cached_property
    def schedule(self) -> Schedule:
        """The learning rate of every step."""
        return build_schedule(self.config.schedule, num_epochs=self.config.epochs, steps_per_epoch=len(self.train))


def build_setup(
    config: TrainConfig, *, train: Source, val: Source, normalize: Normalize, num_classes: int, custom: Path
) -> Setup:
    """Put a run together; the splits hold pixels and targets.

    Raises ConfigError when there is too little to train on, or nothing to choose the best epoch by.
    """
    num_train, num_val = len(train.targets), len(val.targets)
    if num_train < _SMALLEST_BATCH:
        raise ConfigError(
            f"expected at least {_SMALLEST_BATCH} training images, got {num_train}",
            hint="add images, or lower data.val_fraction and data.test_fraction; reports/data.json counts them",
        )
    if not num_val and config.select != "last":
        raise ConfigError(
            f"`train.select: {config.select}` needs validation images, got none",
            hint="raise data.val_fraction, or use `select: last`",
        )
    device = choose_device(config.device)
    counts = np.bincount(train.targets, minlength=num_classes)
    return Setup(
        config=config,
        num_classes=num_classes,
        device=device,
        dtype=choose_precision(config.precision, device),
        train=Loader(
            train, batch_size=config.batch_size, shuffle=True, seed=config.seed, min_batch_size=_SMALLEST_BATCH
        ),
        val=Loader(val, batch_size=config.batch_size) if num_val else None,
        normalize=normalize.to(device),
        augment=build_augment(config.augment, custom),
        loss=build_loss(config.loss, class_counts=counts, device=device, custom=custom),
    )
