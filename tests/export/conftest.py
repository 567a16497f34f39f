"""Untrained networks in bundles, exported once for all tests of this folder."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from winnow.export.onnx import Served, describe, write_onnx
from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta, read_description
from winnow.models.factory import build
from winnow.runtime import MODEL
from winnow.transforms.spec import PreprocessSpec

CUSTOM = '''
from torch import nn

def flat(*, num_classes, channels, size):
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, 4), nn.Tanh(), nn.Linear(4, num_classes))

class Levels(nn.Module):
    """Has no layer of classes."""

    def forward(self, images):
        return images.mean(dim=(2, 3)).repeat(1, 2)

def levels(*, num_classes, channels, size):
    return Levels()

class Picky(nn.Module):
    """Decides by a value: no graph can say that."""

    def forward(self, images):
        return images.mean(dim=(2, 3)) if images.sum() > 0 else images.amax(dim=(2, 3))

def picky(*, num_classes, channels, size):
    return Picky()
'''


@dataclass(frozen=True)
class Exported:
    """A bundle and the file made of it."""

    bundle: Path
    custom: Path
    file: Path
    served: Served
    meta: BundleMeta

    def pixels(self, num_images: int = 5) -> NDArray[np.uint8]:
        spec = self.meta.spec
        shape = (num_images, spec.size, spec.size, spec.channels)
        return np.random.default_rng(num_images).integers(0, 256, shape, dtype=np.uint8)


def describe_bundle(name: str, *, channels: int, size: int, num_classes: int) -> BundleMeta:
    spec: dict[str, Any] = {"fit": "stretch", "resample": "bilinear", "background": [255, 255, 255]}
    spec |= {"size": size, "channels": channels, "alpha": "keep" if channels == 4 else "composite"}
    return BundleMeta(
        architecture=Architecture(name=name, num_classes=num_classes, channels=channels, size=size, options={}),
        spec=PreprocessSpec.model_validate(spec),
        mean=[0.4] * channels,
        std=[0.25] * channels,
        labels=[f"class {number}" for number in range(num_classes)],
        params={},
        code_hash="c" * 64,
        data_hash="d" * 64,
        versions={},
    )


def save_bundle(folder: Path, meta: BundleMeta, custom: Path) -> None:
    torch.manual_seed(0)
    store.save(folder, build(**meta.architecture.model_dump(), custom=custom), meta)


@pytest.fixture(scope="session")
def custom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("custom")
    (folder / "nets.py").write_text(CUSTOM, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory, custom: Path) -> Callable[..., Exported]:
    """Return a function that exports an untrained network; the same one only once."""

    @cache
    def make(name: str, channels: int, size: int, num_classes: int) -> Exported:
        torch.set_num_threads(1)
        folder = tmp_path_factory.mktemp("exported")
        meta = describe_bundle(name, channels=channels, size=size, num_classes=num_classes)
        save_bundle(folder / "bundle", meta, custom)
        loaded, model = store.load(folder / "bundle", custom)
        served = Served(loaded, model)
        write_onnx(folder / MODEL, served, describe(meta, read_description(folder / "bundle")[1]))
        return Exported(folder / "bundle", custom, folder / MODEL, served, meta)

    return make


@pytest.fixture(scope="session")
def small(export: Callable[..., Exported]) -> Exported:
    """The small network: three classes of gray images."""
    return export("winnow/small_cnn", 1, 16, 3)
