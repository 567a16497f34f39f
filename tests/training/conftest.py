"""A toy problem that a tiny network learns in seconds, and everything a run needs besides."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from winnow.tracking import Curves
from winnow.training.checkpoint import Checkpoints
from winnow.training.config import OptimizerConfig, TrainConfig
from winnow.training.ema import Ema
from winnow.training.loop import Loop
from winnow.training.optim import build_optimizer
from winnow.training.setup import Setup, build_setup
from winnow.training.state import State, start_state
from winnow.transforms.normalize import Normalize

NUM_CLASSES = 3
SIZE = 8


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    # Tiny tensors only lose time to a second thread.
    torch.set_num_threads(1)


@dataclass(frozen=True)
class Pictures:
    """What a loader reads, in memory: noise with one bright row, whose place is the class."""

    pixels: NDArray[np.uint8]
    targets: NDArray[np.int64]

    def gather(self, rows: NDArray[Any]) -> NDArray[np.uint8]:
        return self.pixels[rows]


def draw_pictures(num: int, seed: int) -> Pictures:
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, NUM_CLASSES, num)
    pixels = rng.integers(0, 120, (num, SIZE, SIZE, 1), dtype=np.uint8)
    pixels[np.arange(num), 2 * targets + 1] = 230
    return Pictures(pixels, targets)


def train_config(**changes: Any) -> TrainConfig:
    """Return a small run's parameters; `changes` maps keys (sections joined with `__`) to values."""
    content: dict[str, Any] = {
        "seed": 0,
        "epochs": 3,
        "batch_size": 16,
        "optimizer": {"name": "adamw", "lr": 0.02, "weight_decay": 0.05, "momentum": 0.9, "clip_norm": 1.0},
        "schedule": {"warmup_epochs": 0.5, "final_lr_fraction": 0.01},
        "loss": {"name": "cross_entropy", "label_smoothing": 0.05, "class_weights": "none", "options": {}},
        "augment": {
            "name": "standard",
            "flip": "horizontal",
            "shift": 0.0,
            "scale": 0.0,
            "rotate_deg": 0.0,
            "color": 0.0,
            "erase": 0.0,
            "mixup": 0.0,
            "cutmix": 0.0,
            "options": {},
        },
        "progressive": {"start_fraction": 1.0, "full_from": 0.5},
        "ema_decay": 0.9,
        "select": "val_accuracy",
        "early_stop_epochs": None,
        "device": "cpu",
        "precision": "fp32",
        "checkpoint_every_s": 3600.0,
    }
    for dotted, value in changes.items():
        *sections, key = dotted.split("__")
        place = content
        for section in sections:
            place = place[section]
        assert key in place, f"no parameter {dotted}"
        place[key] = value
    return TrainConfig.model_validate(content)


def tiny_network() -> nn.Module:
    torch.manual_seed(0)
    body = (
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(144, NUM_CLASSES),
    )
    return nn.Sequential(*body).to(memory_format=torch.channels_last)


@dataclass
class Run:
    """One process's worth of training in `folder`; make another one to go on where it stopped."""

    folder: Path
    config: TrainConfig
    num_train: int = 72
    num_val: int = 30
    custom: Path = Path("custom")

    def __post_init__(self) -> None:
        self.setup: Setup = build_setup(
            self.config,
            train=draw_pictures(self.num_train, 1),
            val=draw_pictures(self.num_val, 2),
            normalize=Normalize([0.3], [0.2]),
            num_classes=NUM_CLASSES,
            custom=self.custom,
        )
        self.state: State = start_state(self.config, tiny_network())
        self.checkpoints = Checkpoints(self.folder / "checkpoints", "toy")

    def go(self) -> Loop:
        self.checkpoints.restore(self.state)
        with Curves(self.folder / "curves") as curves:
            loop = Loop(self.setup, self.state, self.checkpoints, curves)
            loop.run()
        return loop

    def result(self) -> dict[str, bytes]:
        """Return every byte that a finished run leaves: weights, averages, moments, curves."""
        weights = {name: tensor.numpy().tobytes() for name, tensor in self.state.tensors().items()}
        files = (path for path in (self.folder / "curves").rglob("*") if path.is_file())
        return weights | {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def config() -> Callable[..., TrainConfig]:
    return train_config


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Run]:
    """Return a function that makes a run in a folder of that name; further arguments are parameters."""

    def make(folder: str = "run", **changes: Any) -> Run:
        fields = {name: changes.pop(name) for name in ("num_train", "num_val", "custom") if name in changes}
        return Run(tmp_path / folder, train_config(**changes), **fields)

    return make


def build_state(name: str = "adamw", *, with_ema: bool = True) -> State:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2))
    model = model.to(memory_format=torch.channels_last)
    config = OptimizerConfig(name=name, lr=0.1, weight_decay=0.1, momentum=0.9, clip_norm=None)
    return State(model=model, optimizer=build_optimizer(config, model), ema=Ema(model, decay=0.9) if with_ema else None)


def advance(state: State, num_steps: int) -> None:
    """Train on noise; every draw depends on the step's number alone."""
    for _ in range(num_steps):
        step = state.progress.step
        images = torch.randn(5, 3, 4, 4, generator=torch.Generator().manual_seed(step))
        state.optimizer.zero_grad()
        state.model(images).square().mean().backward()
        state.optimizer.step()
        if state.ema is not None:
            state.ema.update(state.model, step)
        state.progress.step += 1


@pytest.fixture
def make_state() -> Callable[..., State]:
    return build_state


@pytest.fixture
def train_on_noise() -> Callable[[State, int], None]:
    return advance
