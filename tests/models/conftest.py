from typing import Any

import pytest

from winnow.models.bundle import Architecture, BundleMeta
from winnow.transforms.spec import PreprocessSpec

SPEC: dict[str, Any] = {
    "size": 8,
    "channels": 1,
    "fit": "stretch",
    "resample": "bilinear",
    "alpha": "composite",
    "background": [255, 255, 255],
}


@pytest.fixture
def meta() -> BundleMeta:
    """Describe a small CNN for three classes of 8 px gray images."""
    return BundleMeta(
        architecture=Architecture(
            name="winnow/small_cnn", num_classes=3, channels=1, size=8, options={"drop_rate": 0.25}
        ),
        spec=PreprocessSpec.model_validate(SPEC),
        mean=[0.25],
        std=[0.5],
        labels=["cat", "dog", "owl"],
        params={"model": {"name": "winnow/small_cnn"}, "train": {"epochs": 1}},
        code_hash="c" * 64,
        data_hash="d" * 64,
        versions={"torch": "2.0", "torchvision": "0.1", "timm": "1.0", "winnow": "0.1.0"},
    )
