"""Directories of TIFF. That pixels stay is in test_metadata.py."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from winnow.ingest.containers import Malformed
from winnow.ingest.tiff import strip_tiff

PHOTO = Image.effect_noise((40, 30), 60)


def encoded(**options: Any) -> bytes:
    stream = io.BytesIO()
    PHOTO.save(stream, "TIFF", **options)
    return stream.getvalue()


def tags_of(content: bytes) -> dict[int, Any]:
    with Image.open(io.BytesIO(content)) as image:
        return dict(image.tag_v2)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_only_what_pixels_need_is_left(compression: str | None) -> None:
    content = encoded(compression=compression, description="secret", artist="secret", software="secret", dpi=(72, 72))
    bare = strip_tiff(content, 1)
    assert b"secret" in content
    assert b"secret" not in bare
    assert set(tags_of(bare)) <= {256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317}
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(bare))), np.asarray(PHOTO))


def test_bytes_that_no_tag_points_to_go() -> None:
    assert strip_tiff(encoded() + b"secret", 1) == strip_tiff(encoded(), 1)


def test_the_orientation_stays() -> None:
    exif = Image.Exif()
    exif[0x0112] = 5
    assert tags_of(strip_tiff(encoded(exif=exif), 1))[0x0112] == 5


def test_both_byte_orders_are_read() -> None:
    big = encoded(big_tiff=False)
    assert big[:2] == b"II"
    stream = io.BytesIO()
    Image.fromarray(np.arange(12, dtype=">u2").reshape(3, 4)).save(stream, "TIFF")
    bare = strip_tiff(stream.getvalue(), 1)
    assert bare[:2] == b"MM" or stream.getvalue()[:2] == b"II"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(bare))).astype(int), np.arange(12).reshape(3, 4))


def test_strips_that_share_bytes_are_malformed() -> None:
    content = bytearray(strip_tiff(encoded(compression="tiff_lzw", strip_size=400), 1))
    lengths = tags_of(bytes(content))[279]
    assert len(lengths) > 1
    at = content.index(b"".join(length.to_bytes(4, "little") for length in lengths))
    content[at : at + 4 * len(lengths)] = (len(content) - 400).to_bytes(4, "little") * len(lengths)
    with pytest.raises(Malformed):
        strip_tiff(bytes(content), 1)


def test_what_is_no_plain_tiff_is_malformed() -> None:
    for content in (b"", b"II*\0", encoded(big_tiff=True), encoded(compression="jpeg")):
        with pytest.raises(Malformed):
            strip_tiff(content, 1)


def test_a_cut_file_is_malformed_or_stays_short_never_an_error() -> None:
    whole = encoded()
    for end in range(0, len(whole), 7):
        with contextlib.suppress(Malformed):
            assert len(strip_tiff(whole[:end], 1)) <= end + 2
