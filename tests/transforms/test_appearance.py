import numpy as np
import pytest
from PIL import Image, ImageFilter

from winnow.transforms import appearance as module
from winnow.transforms.appearance import border_sums, num_border_pixels, num_colors, sharpness


def noise(count: int, size: int = 16, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, channels), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sharpness_is_the_variance_of_the_laplacian_of_the_gray_picture(channels: int) -> None:
    pixels = noise(5, channels=channels)
    gray = pixels[..., : num_colors(channels)].astype(np.float64).mean(axis=3)
    around = gray[:, :-2, 1:-1] + gray[:, 2:, 1:-1] + gray[:, 1:-1, :-2] + gray[:, 1:-1, 2:]
    expected = (4 * gray[:, 1:-1, 1:-1] - around).var(axis=(1, 2))
    assert sharpness(pixels) == pytest.approx(expected, rel=1e-6)


def test_blur_lowers_sharpness_and_a_flat_picture_has_none() -> None:
    picture = Image.fromarray(noise(1, 32)[0])
    blurred = [picture.filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 1, 2)]
    values = sharpness(np.stack([np.asarray(each) for each in blurred]))
    assert values[0] > 10 * values[1] > 20 * values[2] > 0
    assert sharpness(np.full((1, 16, 16, 3), 77, dtype=np.uint8)).tolist() == [0]


def test_the_hardest_edges_do_not_overflow() -> None:
    board = (np.indices((16, 16)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert sharpness(np.stack([board] * 3, axis=2)[None]) == pytest.approx([(4 * 255) ** 2])


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = noise(20)
    whole = sharpness(pixels)
    monkeypatch.setattr(module, "_BLOCK_BYTES", 3 * pixels[:1].size)
    assert sharpness(pixels).tobytes() == whole.tobytes()
    assert sharpness(pixels[:0]).shape == (0,)


def test_every_border_pixel_counts_once() -> None:
    pixels = noise(4, size=7)
    inside = pixels[:, 1:-1, 1:-1].sum(axis=(1, 2), dtype=np.int64)
    assert np.array_equal(border_sums(pixels), pixels.sum(axis=(1, 2), dtype=np.int64) - inside)
    assert (border_sums(np.ones((1, 7, 7, 1), dtype=np.uint8)) == num_border_pixels(7)).all()
