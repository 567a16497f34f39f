"""The pieces of the usual image files. That pixels stay is in test_metadata.py."""

import contextlib
import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from winnow.ingest.containers import (
    Malformed,
    number_at,
    orientation_exif,
    strip_gif,
    strip_jpeg,
    strip_png,
    strip_webp,
)

PHOTO = Image.effect_noise((24, 16), 60).convert("RGB")


def encoded(name: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    PHOTO.save(stream, name, **options)
    return stream.getvalue()


JPEG, PNG, GIF = encoded("JPEG"), encoded("PNG"), encoded("GIF")
WEBP = encoded("WEBP", exif=orientation_exif(6))


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_smallest_exif_says_the_orientation_and_nothing_else(orientation: int) -> None:
    tags = Image.Exif()
    tags.load(orientation_exif(orientation))
    assert dict(tags) == {0x0112: orientation}


@pytest.mark.parametrize("marker", [*range(0xE0, 0xF0), 0xF0, 0xFE])
def test_a_segment_that_is_not_about_pixels_goes_from_a_jpeg(marker: int) -> None:
    content = JPEG[:20] + segment(marker, b"secret") + JPEG[20:]
    assert strip_jpeg(content, 1) == strip_jpeg(JPEG, 1)


def test_a_jpeg_loses_the_thumbnail_of_its_first_segment() -> None:
    assert JPEG[2:4] == b"\xff\xe0"
    with_thumbnail = JPEG[:2] + segment(0xE0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\x01\x01RGB") + JPEG[20:]
    assert strip_jpeg(with_thumbnail, 1) == strip_jpeg(JPEG, 1)


def test_the_transform_of_colours_stays_in_a_jpeg_and_what_hides_behind_it_goes() -> None:
    adobe = b"Adobe\0\x64\0\0\0\0\x01"
    content = JPEG[:20] + segment(0xEE, adobe + b"secret") + JPEG[20:]
    assert segment(0xEE, adobe) in strip_jpeg(content, 1)
    assert b"secret" not in strip_jpeg(content, 1)


def test_the_orientation_follows_the_first_segment_of_a_jpeg() -> None:
    bare = strip_jpeg(JPEG, 8)
    assert bare[20:24] == b"\xff\xe1\x00\x22"
    with Image.open(io.BytesIO(bare)) as image:
        assert image.getexif()[0x0112] == 8


def test_a_jpeg_without_an_end_gets_one_and_what_follows_the_end_goes() -> None:
    assert strip_jpeg(JPEG.removesuffix(b"\xff\xd9"), 1) == strip_jpeg(JPEG, 1) == strip_jpeg(JPEG + b"secret", 1)


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"pHYs", b"prVt"])
def test_a_chunk_that_is_not_about_pixels_goes_from_a_png(kind: bytes) -> None:
    content = PNG[:33] + chunk(kind, b"secret") + PNG[33:] + b"secret"
    assert strip_png(content, 1) == strip_png(PNG, 1) == PNG


@pytest.mark.parametrize(("kind", "body"), [(b"gAMA", b"\0\1\x86\xa0"), (b"sRGB", b"\0"), (b"cHRM", bytes(32))])
def test_what_colours_mean_stays_in_a_png(kind: bytes, body: bytes) -> None:
    content = PNG[:33] + chunk(kind, body) + PNG[33:]
    assert strip_png(content, 1) == content


def test_chunks_about_the_picture_go_from_a_webp_and_its_header_says_so() -> None:
    bare = strip_webp(WEBP + b"junk", 1)
    assert b"EXIF" not in bare
    assert bare[12:16] == b"VP8X"
    assert bare[20] & 0x0C == 0
    assert strip_webp(WEBP, 6) == WEBP


def test_comments_and_applications_go_from_a_gif() -> None:
    extensions = b"\x21\xfe\x06secret\0" + b"\x21\xff\x0bXMP DataXMP\x06secret\0"
    at = 13 + 768 if len(GIF) > 800 else GIF.index(b"\x2c")
    content = GIF[:at] + extensions + GIF[at:] + b"secret"
    assert content != GIF
    assert strip_gif(content, 1) == strip_gif(GIF, 1)
    assert b"secret" not in strip_gif(content, 1)


@pytest.mark.parametrize(
    ("strip", "whole"), [(strip_jpeg, JPEG), (strip_png, PNG), (strip_webp, WEBP), (strip_gif, GIF)]
)
def test_a_cut_or_foreign_file_is_malformed_or_stays_short_never_an_error(strip: Any, whole: bytes) -> None:
    for content in (b"", b"x" * 40, *(whole[:end] for end in range(len(whole)))):
        with contextlib.suppress(Malformed):
            assert len(strip(content, 3)) <= len(content) + 100


def test_a_number_beyond_the_end_is_malformed() -> None:
    assert number_at(b"\x01\x02", 0, ">H") == 258
    with pytest.raises(Malformed, match="ends early"):
        number_at(b"\x01\x02", 1, ">H")
