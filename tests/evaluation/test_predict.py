from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from winnow.errors import DivergenceError, InputError
from winnow.evaluation.predict import Predictor, predict_split
from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta, installed_versions
from winnow.models.factory import build
from winnow.transforms.spec import PreprocessSpec

SPEC = PreprocessSpec(
    size=8, channels=1, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
)
META = BundleMeta(
    architecture=Architecture(name="winnow/small_cnn", num_classes=3, channels=1, size=8, options={"width": 4}),
    spec=SPEC,
    mean=[0.5],
    std=[0.25],
    labels=["a", "b", "c"],
    params={},
    code_hash="",
    data_hash="",
    versions=installed_versions(),
)


@dataclass(frozen=True)
class Noise:
    """What a loader reads, in memory."""

    pixels: NDArray[np.uint8]
    targets: NDArray[np.int64]

    def gather(self, rows: NDArray[Any]) -> NDArray[np.uint8]:
        return self.pixels[rows]


@pytest.fixture
def noise() -> Noise:
    generator = np.random.default_rng(0)
    return Noise(generator.integers(0, 256, (11, 8, 8, 1), dtype=np.uint8), np.zeros(11, dtype=np.int64))


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return build(**META.architecture.model_dump(), custom=Path("custom")).eval()


@pytest.fixture
def predictor(model: nn.Module) -> Predictor:
    return Predictor(META, model, torch.device("cpu"))


def test_probabilities_are_the_softmax_of_the_normalised_pixels(
    predictor: Predictor, model: nn.Module, noise: Noise
) -> None:
    images = torch.from_numpy(((noise.pixels / 255 - 0.5) / 0.25).transpose(0, 3, 1, 2)).float()
    with torch.no_grad():
        expected = model(images).softmax(dim=1).numpy()
    got = predictor.probabilities(torch.from_numpy(noise.pixels))
    assert got.dtype == np.float32
    assert got == pytest.approx(expected, abs=1e-6)
    assert got.sum(axis=1) == pytest.approx(np.ones(11), abs=1e-6)


@pytest.mark.parametrize("batch_size", [1, 4, 11, 64])
def test_every_image_is_predicted_once_in_its_order_whatever_the_batch(
    predictor: Predictor, noise: Noise, batch_size: int
) -> None:
    got = predict_split(predictor, noise, batch_size=batch_size, name="test")
    expected = predictor.probabilities(torch.from_numpy(noise.pixels))
    assert got.shape == (11, 3)
    assert got == pytest.approx(expected, abs=1e-6)


def test_the_same_images_give_the_same_bytes(predictor: Predictor, noise: Noise) -> None:
    first, second = (predict_split(predictor, noise, batch_size=4, name="test") for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_an_empty_split_gives_no_rows(predictor: Predictor) -> None:
    nothing = Noise(np.empty((0, 8, 8, 1), dtype=np.uint8), np.empty(0, dtype=np.int64))
    assert predict_split(predictor, nothing, batch_size=4, name="val").shape == (0, 3)


def test_a_bundle_predicts_what_its_model_did(
    predictor: Predictor, model: nn.Module, noise: Noise, tmp_path: Path
) -> None:
    store.save(tmp_path, model, META)
    loaded = Predictor.load(tmp_path, tmp_path / "custom")
    assert loaded.meta == META
    expected = predictor.probabilities(torch.from_numpy(noise.pixels))
    assert loaded.probabilities(torch.from_numpy(noise.pixels)) == pytest.approx(expected, abs=1e-6)


def test_a_missing_bundle_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"bundle\.json"):
        Predictor.load(tmp_path, tmp_path)


def test_outputs_that_are_not_finite_are_refused(predictor: Predictor, model: nn.Module, noise: Noise) -> None:
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(DivergenceError, match="outputs are not finite"):
        predictor.probabilities(torch.from_numpy(noise.pixels))
