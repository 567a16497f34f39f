import pytest
import torch
from torch.nn import functional

from winnow.models.small_cnn import SmallCNN


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [8, 9, 16, 28, 32, 65])
def test_any_size_from_8_px_on_is_read(size: int, channels: int) -> None:
    logits = SmallCNN(num_classes=7, channels=channels)(torch.rand(2, channels, size, size))
    assert logits.shape == (2, 7)


def test_tiny_images_can_be_trained_on_in_pairs() -> None:
    model = SmallCNN(num_classes=2, channels=1)
    functional.cross_entropy(model(torch.rand(2, 1, 8, 8)), torch.tensor([0, 1])).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_it_learns_a_pattern_that_an_average_does_not_show() -> None:
    torch.manual_seed(0)
    rows = torch.rand(64, 1, 12, 1).round().expand(-1, -1, -1, 12)
    images = torch.cat([rows, rows.transpose(2, 3)]) + 0.1 * torch.randn(128, 1, 12, 12)
    targets = torch.arange(128) // 64
    model = SmallCNN(num_classes=2, channels=1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(20):
        optimizer.zero_grad()
        functional.cross_entropy(model(images), targets).backward()
        optimizer.step()
    accuracy = (model.eval()(images).argmax(dim=1) == targets).float().mean()
    assert accuracy > 0.95


def test_width_scales_the_parameters() -> None:
    small, large = (
        sum(parameter.numel() for parameter in SmallCNN(num_classes=2, channels=1, width=width).parameters())
        for width in (8, 16)
    )
    assert 3 < large / small < 4.5
