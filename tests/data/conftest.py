"""Small parts of generated pictures, and their prepared pixels."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from winnow.data.parts import ImageRecord, PartWriter, image_id
from winnow.transforms.spec import PreprocessSpec


def to_record(image: Image.Image, file_format: str = "PNG", **options: object) -> ImageRecord:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    content = stream.getvalue()
    return ImageRecord(image_id(content), content, file_format, image.mode, *image.size)


@pytest.fixture
def record() -> Callable[..., ImageRecord]:
    """Return a function from an image, a format and Pillow's options to what a part holds of it."""
    return to_record


@pytest.fixture
def spec() -> PreprocessSpec:
    return PreprocessSpec(
        size=8, channels=3, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
    )


@pytest.fixture
def noise() -> Callable[[int], list[ImageRecord]]:
    """Return a function from a number to that many different pictures of 8 x 8 noise; a picture has one number."""

    def make(count: int, start: int = 0) -> list[ImageRecord]:
        pixels = [np.random.default_rng(start + at).integers(0, 256, (8, 8, 3), dtype=np.uint8) for at in range(count)]
        return [to_record(Image.fromarray(each)) for each in pixels]

    return make


@pytest.fixture
def write_part(tmp_path: Path) -> Callable[[Sequence[ImageRecord]], Path]:
    """Return a function that writes records into one part of `images/`."""

    def write(records: Sequence[ImageRecord]) -> Path:
        folder = tmp_path / "images"
        folder.mkdir(exist_ok=True)
        with PartWriter(folder=folder, part_size_bytes=10**9) as writer:
            for each in records:
                writer.add(each)
        (part,) = writer.parts
        return part

    return write
