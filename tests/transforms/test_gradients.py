import numpy as np
import pytest
from PIL import Image

from winnow.transforms.gradients import cosines, num_gradients, paired_cosines, to_gradients


def blobs(seed: int, size: int = 64, channels: int = 3) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(30, 226, (6, 6, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))
    return pixels[..., :channels]


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(cosines(to_gradients(one[None], crop=0.0), to_gradients(other[None], crop=0.0))[0, 0])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_channel_counts(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 16, 16, channels), dtype=np.uint8)
    assert to_gradients(pixels, crop=0.0).shape == (2, num_gradients(channels))
    assert num_gradients(channels) == 264 * channels


def test_equal_pictures_have_cosine_1_and_unrelated_ones_about_0() -> None:
    assert cosine(blobs(0), blobs(0)) == pytest.approx(1, abs=1e-3)
    unrelated = [cosine(blobs(seed), blobs(seed + 50)) for seed in range(20)]
    assert abs(np.mean(unrelated)) < 0.1
    assert np.max(np.abs(unrelated)) < 0.5


def test_brightness_contrast_and_size_do_not_matter() -> None:
    picture = blobs(1)
    dimmer = (picture * 0.5 + 20).astype(np.uint8)
    assert cosine(picture, dimmer) > 0.999
    assert cosine(picture, blobs(1, size=40)) > 0.995


def test_a_negative_points_the_other_way() -> None:
    assert cosine(blobs(2), 255 - blobs(2)) == pytest.approx(-1, abs=1e-3)


def test_another_colour_is_another_picture() -> None:
    shape = np.zeros((32, 32, 3), dtype=np.uint8)
    red, green = shape.copy(), shape.copy()
    red[8:24, 8:24, 0] = 200
    green[8:24, 8:24, 1] = 200
    assert cosine(red, green) == 0


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_picture_without_contrast_is_like_nothing(value: int) -> None:
    flat = np.full((1, 28, 28, 1), value, dtype=np.uint8)
    noisy = flat.copy()
    noisy[0, ::2, ::3] ^= 1
    for picture in (flat, noisy):
        assert not to_gradients(picture, crop=0.0).any()
    assert cosine(flat[0], flat[0]) == 0


def test_a_crop_looks_at_the_middle() -> None:
    wide = Image.fromarray(blobs(3, size=200))
    cut = np.asarray(wide.crop((7, 7, 193, 193)).resize((64, 64), Image.Resampling.BILINEAR))
    whole = np.asarray(wide.resize((64, 64), Image.Resampling.BILINEAR))
    aligned = cosines(to_gradients(whole[None], crop=0.035), to_gradients(cut[None], crop=0.0))[0, 0]
    assert aligned > 0.995 > cosine(whole, cut)


def test_sums_are_exact_so_their_order_does_not_matter() -> None:
    """Products of whole numbers below 2**24 are exact in float32: any BLAS gives the same."""
    pixels = np.stack([blobs(seed) for seed in range(10)])
    gradients = to_gradients(pixels, crop=0.035)
    products = gradients.astype(np.int64) @ gradients.astype(np.int64).T
    assert products.max() < 2**24
    assert np.array_equal(cosines(gradients, gradients), (products / 2.0**22).astype(np.float32))


def test_pair_by_pair_gives_the_cosines_of_all_with_all() -> None:
    ones = to_gradients(np.stack([blobs(seed) for seed in range(5)]), crop=0.0)
    others = to_gradients(np.stack([blobs(seed) for seed in range(3, 8)]), crop=0.035)
    assert np.array_equal(paired_cosines(ones, others), cosines(ones, others).diagonal())
    assert paired_cosines(ones[:0], others[:0]).shape == (0,)
