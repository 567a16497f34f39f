import io
import os
import struct
import sys
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.tiff import require_modest_tags, silent_libtiff

Encode = Callable[..., bytes]
MAX_PIXELS = 10_000


def refused(content: bytes) -> str:
    with pytest.raises(ImageProblem) as caught:
        decode(content, max_pixels=MAX_PIXELS)
    return caught.value.check


def tiff(tags: dict[int, tuple[int, ...]], blocks: list[bytes], offsets: int, counts: int) -> bytes:
    """Return a little-endian TIFF of longs; `offsets` and `counts` are the tags that say where the blocks are."""
    tags = tags | {offsets: (0,) * len(blocks), counts: tuple(map(len, blocks))}
    values_at = 10 + 12 * len(tags) + 4
    data_at = values_at + sum(4 * len(numbers) for numbers in tags.values() if len(numbers) > 1)
    tags[offsets] = tuple(data_at + sum(map(len, blocks[:number])) for number in range(len(blocks)))
    entries, values = b"", b""
    for tag, numbers in sorted(tags.items()):
        packed = struct.pack(f"<{len(numbers)}I", *numbers)
        place = packed if len(numbers) == 1 else struct.pack("<I", values_at + len(values))
        entries += struct.pack("<HHI", tag, 4, len(numbers)) + place
        values += packed if len(numbers) > 1 else b""
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4) + values + b"".join(blocks)


def tiff_of_planes(rgb: np.ndarray) -> bytes:
    height, width, _ = rgb.shape
    tags = {256: (width,), 257: (height,), 258: (8, 8, 8), 259: (1,), 262: (2,), 277: (3,), 278: (16,), 284: (2,)}
    strips = [rgb[top : top + 16, :, band].tobytes() for band in range(3) for top in range(0, height, 16)]
    return tiff(tags, strips, 273, 279)


def tiff_of_tiles(rgb: np.ndarray, side: int) -> bytes:
    height, width, _ = rgb.shape
    tags = {256: (width,), 257: (height,), 258: (8, 8, 8), 259: (1,), 262: (2,), 277: (3,), 322: (side,), 323: (side,)}
    padded = np.pad(rgb, ((0, -height % side), (0, -width % side), (0, 0)))
    places = [(top, left) for top in range(0, height, side) for left in range(0, width, side)]
    return tiff(tags, [padded[top : top + side, left : left + side].tobytes() for top, left in places], 324, 325)


@pytest.mark.parametrize("height", [17, 33, 400])
def test_a_tiff_whose_strips_do_not_cover_it_is_refused(height: int) -> None:
    tags = {256: (24,), 257: (16,), 258: (8,), 259: (1,), 262: (1,), 277: (1,), 278: (16,)}
    strip = [bytes(24 * 16)]
    assert decode(tiff(tags, strip, 273, 279), max_pixels=MAX_PIXELS).size == (24, 16)
    assert refused(tiff(tags | {257: (height,)}, strip, 273, 279)) == "Q103"


def test_a_tiff_of_endless_strips_is_refused() -> None:
    tags = {256: (24,), 257: (16,), 258: (8,), 259: (1,), 262: (1,), 277: (1,), 278: (1,)}
    assert refused(tiff(tags, [bytes(24)] * 1_000, 273, 279)) == "Q103"


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("tile", [None, 16])
def test_tiffs_of_planes_strips_and_tiles_are_fine(compression: str | None, tile: int | None) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (40, 24, 3), dtype=np.uint8)
    content = tiff_of_planes(rgb) if tile is None else tiff_of_tiles(rgb, tile)
    if compression:
        stream = io.BytesIO()
        Image.fromarray(rgb).save(stream, "TIFF", compression=compression)
        content = stream.getvalue()
    assert np.array_equal(np.asarray(decode(content, max_pixels=MAX_PIXELS)), rgb)


def test_libtiff_does_not_talk(photo: Image.Image, encode: Encode, capfd: pytest.CaptureFixture[str]) -> None:
    content = bytearray(encode(photo, "TIFF", compression="tiff_lzw"))
    content[12:40] = b"\xff" * 28
    assert refused(bytes(content)) == "Q103"
    sys.stderr.write("still here")
    assert capfd.readouterr() == ("", "still here")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [3, 4, 5, 16])
@pytest.mark.parametrize("is_big", [False, True])
def test_a_tag_of_millions_of_numbers_is_refused_unread(order: str, kind: int, *, is_big: bool) -> None:
    def directory(numbers: int, kind: int) -> bytes:
        letters = b"II" if order == "<" else b"MM"
        if is_big:
            # Pillow knows BigTIFF by the third byte.
            head = letters + b"+\0" + struct.pack(f"{order}HHQ", 8, 0, 16)
            return head + struct.pack(f"{order}QHHQQ", 1, 273, kind, numbers, 0)
        return letters + struct.pack(f"{order}HIHHHII", 42, 8, 1, 273, kind, numbers, 0)

    with pytest.raises(ValueError, match="tag 273 claims 60000000 numbers"):
        require_modest_tags(directory(60_000_000, kind))
    require_modest_tags(directory(200_000, kind))
    require_modest_tags(directory(60_000_000, 7))


@pytest.mark.parametrize(
    "content", [b"", b"II", b"MM", b"II*\0", b"II*\0" + b"\xff" * 20, b"MM\0*" + bytes(20), b"I am a text of words"]
)
def test_what_is_no_directory_is_left_to_others(content: bytes) -> None:
    require_modest_tags(content)


def test_exif_of_millions_of_numbers_does_not_turn_a_picture(photo: Image.Image, encode: Encode) -> None:
    exif = struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 0x0112, 3, 60_000_000, 26, 0) + struct.pack("<H", 6) * 40
    assert decode(encode(photo, "PNG", exif=exif), max_pixels=MAX_PIXELS).size == photo.size


def test_silence_needs_no_stderr_and_ends(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="inside"), silent_libtiff():
        os.write(2, b"not heard")
        raise OSError("inside")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"

    def closed(_: int) -> int:
        raise OSError(9, "Bad file descriptor")

    with monkeypatch.context() as patched:
        patched.setattr(os, "dup", closed)
        with silent_libtiff():
            os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
