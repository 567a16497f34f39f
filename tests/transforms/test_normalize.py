import numpy as np
import pytest
import torch

from winnow.transforms.normalize import Normalize


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pixels_become_standardised_images(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 6, channels), dtype=np.uint8)
    mean = [0.1 * (channel + 1) for channel in range(channels)]
    std = [0.2 + 0.1 * channel for channel in range(channels)]
    expected = ((pixels / 255 - mean) / std).transpose(0, 3, 1, 2)
    images = Normalize(mean, std)(torch.from_numpy(pixels))
    assert images.dtype == torch.float32
    np.testing.assert_allclose(images.numpy(), expected, atol=1e-5)


def test_images_lie_channels_last_in_memory() -> None:
    images = Normalize([0.5] * 3, [0.5] * 3)(torch.zeros(2, 4, 4, 3, dtype=torch.uint8))
    assert images.shape == (2, 3, 4, 4)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_the_pixels_given_stay_as_they_are() -> None:
    pixels = torch.full((1, 2, 2, 1), 7, dtype=torch.uint8)
    Normalize([0.5], [0.5])(pixels)
    assert (pixels == 7).all()


def test_a_channel_that_never_varies_is_centred_and_not_blown_up() -> None:
    images = Normalize([1.0], [0.0])(torch.tensor([[[[255]], [[254]]]], dtype=torch.uint8))
    assert images.flatten().tolist() == pytest.approx([0.0, -2.0], abs=1e-4)


def test_there_is_nothing_to_save() -> None:
    assert not Normalize([0.5], [0.5]).state_dict()
