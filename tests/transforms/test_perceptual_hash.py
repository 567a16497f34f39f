import numpy as np
import pytest
from PIL import Image, ImageEnhance

from winnow.transforms.perceptual_hash import hash_pixels


def blobs(seed: int, size: tuple[int, int] = (96, 96)) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 7, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def perceptual_hash(image: Image.Image) -> int:
    small = image.convert("L").resize((32, 32), Image.Resampling.BILINEAR)
    return int(hash_pixels(np.asarray(small)[None, :, :, None], crop=0.0)[0])


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def test_a_hash_fits_64_bits_unsigned() -> None:
    hashes = [perceptual_hash(blobs(seed)) for seed in range(8)]
    assert all(0 <= value < 2**64 for value in hashes)
    assert len(set(hashes)) == 8


def test_about_half_of_the_bits_are_set() -> None:
    """At most half, by the median; fewer only where coefficients are equal."""
    assert all(28 <= perceptual_hash(blobs(seed)).bit_count() <= 32 for seed in range(8))


def test_the_hash_of_a_known_picture_stays_what_it_is() -> None:
    """Which training images are held out follows from it."""
    y, x = np.mgrid[:32, :32]
    waves = Image.fromarray((7 * x * y // 8 % 251).astype(np.uint8))
    assert perceptual_hash(waves) == 0x813E71664D5B54AD


def test_resizing_mode_and_brightness_hardly_change_it() -> None:
    for seed in range(8):
        image = blobs(seed)
        for same in (image.resize((50, 60)), image.convert("L"), ImageEnhance.Brightness(image).enhance(0.8)):
            assert distance(perceptual_hash(image), perceptual_hash(same)) <= 8


def test_different_pictures_differ_in_about_half_of_the_bits() -> None:
    distances = [distance(perceptual_hash(blobs(seed)), perceptual_hash(blobs(seed + 100))) for seed in range(20)]
    assert min(distances) > 12
    assert 26 < np.mean(distances) < 38


@pytest.mark.parametrize("size", [16, 28, 64])
def test_a_cropped_copy_hashes_like_the_picture_with_its_edges_cut(size: int) -> None:
    small = {"resample": Image.Resampling.BILINEAR, "reducing_gap": None}
    near, far = [], []
    for seed in range(12):
        image = blobs(seed, (200, 200))
        copy = image.crop((7, 7, 193, 193))
        whole, cut = (np.asarray(each.resize((size, size), **small))[None] for each in (image, copy))
        near.append(distance(int(hash_pixels(whole, crop=0.035)[0]), int(hash_pixels(cut, crop=0.0)[0])))
        far.append(distance(int(hash_pixels(whole, crop=0.0)[0]), int(hash_pixels(cut, crop=0.0)[0])))
    assert np.mean(near) < 3
    assert np.mean(near) < np.mean(far) / 2


def test_many_are_hashed_as_one_by_one() -> None:
    pixels = np.stack([np.asarray(blobs(seed, (32, 32))) for seed in range(5)])
    together = hash_pixels(pixels, crop=0.035)
    assert together.dtype == np.uint64
    assert together.tolist() == [int(hash_pixels(one[None], crop=0.035)[0]) for one in pixels]


def test_a_flat_picture_has_one_hash_whatever_its_colour() -> None:
    assert len({perceptual_hash(Image.new("RGB", (40, 30), colour)) for colour in ("gray", "white", "navy")}) == 1
