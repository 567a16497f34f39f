import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from winnow.disclosure import Disclosure
from winnow.examples import EXAMPLES
from winnow.export.examples import LOSSLESS_PX, MANY_CLASSES, MAX_PX, NUM_EACH, choose, draw, export_examples
from winnow.transforms.spec import PreprocessSpec


def make_spec(size: int, channels: int = 3) -> PreprocessSpec:
    spec: dict[str, Any] = {"fit": "crop", "resample": "bilinear", "background": [255, 255, 255]}
    spec |= {"size": size, "channels": channels, "alpha": "keep" if channels == 4 else "composite"}
    return PreprocessSpec.model_validate(spec)


def make_pixels(size: int, channels: int) -> np.ndarray:
    """Return a soft picture, opaque where it has alpha."""
    rows = np.linspace(0, 255, size).astype(np.uint8)
    pixels = np.stack([np.add.outer(rows // 2, rows // 2)] * channels, axis=2)
    if channels == 4:
        pixels[..., 3] = 255
    return pixels


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    assert image.format == "WEBP"
    return image


@pytest.mark.parametrize(("channels", "mode"), [(1, "RGB"), (3, "RGB"), (4, "RGBA")])
@pytest.mark.parametrize("size", [8, LOSSLESS_PX])
def test_a_tiny_picture_keeps_every_pixel(size: int, channels: int, mode: str) -> None:
    shape = (size, size, channels)
    pixels = np.random.default_rng(0).integers(1, 256, shape, dtype=np.uint8)  # nothing is fully transparent
    image = opened(draw(pixels, make_spec(size, channels)))
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image), np.broadcast_to(pixels, (size, size, max(3, channels))))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("size", "side"), [(LOSSLESS_PX + 1, LOSSLESS_PX + 1), (MAX_PX, MAX_PX), (300, MAX_PX)])
def test_a_larger_picture_is_made_small_and_looks_the_same(size: int, side: int, channels: int) -> None:
    image = opened(draw(make_pixels(size, channels), make_spec(size, channels)))
    assert image.size == (side, side)
    got, expected = (np.asarray(each.convert("L"), dtype=int) for each in (image, as_small(size, side)))
    assert np.abs(got - expected).mean() < 4


def as_small(size: int, side: int) -> Image.Image:
    return Image.fromarray(make_pixels(size, 1)[..., 0]).resize((side, side), Image.Resampling.BICUBIC)


def test_the_same_pixels_give_the_same_bytes() -> None:
    assert draw(make_pixels(300, 3), make_spec(300)) == draw(make_pixels(300, 3), make_spec(300))


def test_the_first_images_of_each_class_are_shown_and_of_a_small_class_all_of_them() -> None:
    targets = np.array([2, 0, 2, 0, 0, 2, 0, 2, 3])
    chosen = [rows.tolist() for rows in choose(targets, 5)]
    assert chosen == [[1, 3, 4], [], [0, 2, 5], [8], []]


def test_of_very_many_classes_one_picture_each_has_to_do() -> None:
    for num_classes, num_each in ((MANY_CLASSES, NUM_EACH), (MANY_CLASSES + 1, 1)):
        chosen = choose(np.arange(num_classes * 4) % num_classes, num_classes)
        assert {len(rows) for rows in chosen} == {num_each}


@pytest.mark.parametrize("level", ["aggregate", "ids"])
def test_nothing_is_written_or_read_where_pictures_are_not_disclosed(tmp_path: Path, level: Any) -> None:
    export_examples(tmp_path, None, Disclosure(level))  # type: ignore[arg-type]
    assert not (tmp_path / EXAMPLES).exists()
