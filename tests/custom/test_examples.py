"""The examples of `custom/`, called the way winnow calls them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from winnow.errors import ConfigError
from winnow.models.factory import build
from winnow.references import load_reference

CUSTOM = Path(__file__).parents[2] / "custom"


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_model_learns(channels: int) -> None:
    torch.manual_seed(0)
    options = {"width": 16, "depth": 2}
    model = build("examples:patch_mixer", num_classes=2, channels=channels, size=12, options=options, custom=CUSTOM)
    images, targets = torch.randn(64, channels, 12, 12), torch.arange(64) % 2
    images[targets == 1, :, ::2] += 1.0
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(images), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 < losses[0]


def test_the_model_refuses_images_smaller_than_a_patch() -> None:
    with pytest.raises(ConfigError, match="at least 16 px, got 8"):
        build("examples:patch_mixer", num_classes=2, channels=1, size=8, options={"patch": 16}, custom=CUSTOM)


def test_the_loss_without_focus_is_cross_entropy() -> None:
    logits, targets = torch.randn(8, 5), torch.rand(8, 5).softmax(dim=1)
    loss = load_reference("examples:focal_loss", CUSTOM, {"gamma": 0.0})
    torch.testing.assert_close(loss(logits, targets), functional.cross_entropy(logits, targets))


def test_the_loss_counts_easy_images_less() -> None:
    loss = load_reference("examples:focal_loss", CUSTOM)
    target = torch.tensor([[1.0, 0.0]])
    easy, hard = (torch.tensor([[margin, 0.0]]) for margin in (3.0, -3.0))
    ratio = loss(hard, target) / loss(easy, target)
    assert ratio > 100 * functional.cross_entropy(hard, target) / functional.cross_entropy(easy, target)


def test_the_augmentation_adds_noise_that_its_generator_decides() -> None:
    augment = load_reference("examples:gaussian_noise", CUSTOM, {"sigma": 20.0})
    pixels, targets = torch.full((64, 8, 8, 3), 128, dtype=torch.uint8), torch.eye(64)
    once, again, other = (augment(pixels, targets, torch.Generator().manual_seed(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert once.dtype == torch.uint8
    deviations = once.float().std(dim=(1, 2, 3))
    assert deviations.min() < 3
    assert 15 < deviations.max() < 25


def test_the_augmentation_stays_within_a_byte() -> None:
    augment = load_reference("examples:gaussian_noise", CUSTOM, {"sigma": 50.0})
    black = torch.zeros(8, 4, 4, 1, dtype=torch.uint8)
    assert augment(black, torch.eye(8), torch.Generator().manual_seed(0))[0].max() < 200


def test_the_metric_counts_second_guesses() -> None:
    metric = load_reference("examples:top2_accuracy", CUSTOM)
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1]], dtype=np.float32)
    assert metric(probabilities, np.array([1, 0, 0])) == pytest.approx(2 / 3)
