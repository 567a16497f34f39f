"""A ResNet-18 with random weights, exported as `winnow export` does it. Shared by the benchmarks of serving."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from winnow.export.onnx import Served, describe, write_onnx
from winnow.export.quantize import quantize
from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta
from winnow.models.factory import build
from winnow.runtime import INT8_MODEL, MODEL
from winnow.transforms.spec import PreprocessSpec

NUM_CLASSES = 10


def save_resnet(folder: Path, size: int, *, name: str = "torchvision/resnet18") -> Path:
    """Write `bundle/`, `fp32/onnx/` and `int8/onnx/` below the folder, and return it."""
    torch.manual_seed(0)
    architecture = Architecture(name=name, num_classes=NUM_CLASSES, channels=3, size=size, options={})
    spec = PreprocessSpec(
        size=size, channels=3, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
    )
    meta = BundleMeta(
        architecture=architecture,
        spec=spec,
        mean=[0.45] * 3,
        std=[0.25] * 3,
        labels=[str(number) for number in range(NUM_CLASSES)],
        params={},
        code_hash="",
        data_hash="",
        versions={},
    )
    model = build(**architecture.model_dump(), custom=folder)
    model.eval()
    store.save(folder / "bundle", model, meta)
    about = describe(meta, "")
    exact, small = folder / "fp32" / "onnx" / MODEL, folder / "int8" / "onnx" / MODEL
    exact.parent.mkdir(parents=True)
    small.parent.mkdir(parents=True)
    write_onnx(exact, Served(meta, model), about)
    quantize(exact, folder / INT8_MODEL, _noise(size), about)
    (folder / INT8_MODEL).rename(small)
    return folder


def _noise(size: int) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (8, size, size, 3), dtype=np.uint8) for _ in range(2)]
