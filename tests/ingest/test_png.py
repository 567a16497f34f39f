import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from winnow.ingest.png import encode_gray


@pytest.mark.parametrize(("height", "width"), [(1, 1), (8, 8), (28, 28), (3, 50), (300, 256), (400, 500)])
def test_pillow_reads_the_same_pixels(height: int, width: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    with Image.open(io.BytesIO(encode_gray(pixels.tobytes(), width=width, height=height))) as image:
        image.verify()
    with Image.open(io.BytesIO(encode_gray(pixels.tobytes(), width=width, height=height))) as image:
        assert (image.format, image.mode) == ("PNG", "L")
        assert (np.asarray(image) == pixels).all()


def test_the_bytes_never_change() -> None:
    """Frozen: an image's id is the hash of these bytes."""
    content = encode_gray(bytes(range(64)), width=8, height=8)
    assert hashlib.sha256(content).hexdigest()[:20] == "b0eb4945328da0f6a155"


def test_the_number_of_pixels_must_fit() -> None:
    with pytest.raises(ValueError, match="expected 6 pixels, got 5"):
        encode_gray(b"12345", width=2, height=3)
