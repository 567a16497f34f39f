"""Pictures of every mode, made here."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image


def encode_picture(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


@pytest.fixture
def encode() -> Callable[..., bytes]:
    """Return a function from an image, a format and options of Pillow to bytes."""
    return encode_picture


@pytest.fixture
def photo() -> Image.Image:
    """Return a colourful picture of 24 x 16 pixels without symmetry: a gradient, and a dark corner top left."""
    y, x = np.mgrid[:16, :24]
    pixels = np.stack([x * 10, y * 15, 255 - x * 5 - y * 5], axis=-1).astype(np.uint8)
    pixels[:4, :6] = 0
    return Image.fromarray(pixels)
