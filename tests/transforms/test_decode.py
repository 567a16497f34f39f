import contextlib
import io
import struct
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from winnow.transforms.decode import FORMATS, ImageProblem, decode

Encode = Callable[..., bytes]
MAX_PIXELS = 10_000
LOSSLESS = {"PNG": {}, "BMP": {}, "PPM": {}, "TIFF": {}, "WEBP": {"lossless": True}, "JPEG2000": {}}
LOSSY = {"JPEG": {"quality": 95}, "AVIF": {"quality": 95}, "GIF": {}}


def refused(content: bytes, max_pixels: int = MAX_PIXELS) -> str:
    with pytest.raises(ImageProblem) as caught:
        decode(content, max_pixels=max_pixels)
    assert caught.value.hint
    return caught.value.check


def test_all_readable_formats_are_tested() -> None:
    assert set(LOSSLESS) | set(LOSSY) == set(FORMATS)


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_give_the_pixels_back(photo: Image.Image, encode: Encode, name: str) -> None:
    image = decode(encode(photo, name, **LOSSLESS[name]), max_pixels=MAX_PIXELS)
    assert image.format == name
    assert np.array_equal(np.asarray(image.convert("RGB")), np.asarray(photo))


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_formats_give_nearly_the_pixels_back(photo: Image.Image, encode: Encode, name: str) -> None:
    image = decode(encode(photo, name, **LOSSY[name]), max_pixels=MAX_PIXELS)
    difference = np.abs(np.asarray(image.convert("RGB"), dtype=int) - np.asarray(photo, dtype=int))
    assert image.size == photo.size
    assert difference.mean() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_stored_in_any_orientation_stands_upright(
    photo: Image.Image, encode: Encode, orientation: int, name: str
) -> None:
    # How a camera held that way stores the scene: the inverse of what turns it upright.
    stored = {
        1: photo,
        2: photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: photo.transpose(Image.Transpose.ROTATE_180),
        4: photo.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: photo.transpose(Image.Transpose.TRANSPOSE),
        6: photo.transpose(Image.Transpose.ROTATE_90),
        7: photo.transpose(Image.Transpose.TRANSVERSE),
        8: photo.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode(encode(stored, name, exif=exif, quality=95), max_pixels=MAX_PIXELS)
    assert image.size == photo.size
    assert image.format == name
    difference = np.abs(np.asarray(image.convert("RGB"), dtype=int) - np.asarray(photo, dtype=int))
    assert difference.mean() < 12


@pytest.mark.parametrize("exif", [b"Exif\0\0MM\0*\0\0\xff\xff", b"Exif\0\0garbage", b"Exif\0\0"])
def test_broken_metadata_do_not_spoil_whole_pixels(photo: Image.Image, encode: Encode, exif: bytes) -> None:
    assert decode(encode(photo, "JPEG", exif=exif), max_pixels=MAX_PIXELS).size == photo.size


def test_an_empty_file_is_refused() -> None:
    assert refused(b"") == "Q102"


@pytest.mark.parametrize(
    "content", [b"hello, world", b"<svg/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\0" * 100, b"GIF", b"P2 1 1 255 7\n"]
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    assert refused(content) == "Q101"


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
def test_a_cut_file_is_refused_or_whole_but_never_padded(photo: Image.Image, encode: Encode, name: str) -> None:
    content = encode(photo, name, **LOSSLESS.get(name, LOSSY.get(name, {})))
    whole = np.asarray(decode(content, max_pixels=MAX_PIXELS))
    checks = set()
    for length in range(len(content) // 8, len(content), 7):
        try:
            # A PNG's and a GIF's last bytes only say that nothing follows.
            assert np.array_equal(np.asarray(decode(content[:length], max_pixels=MAX_PIXELS)), whole)
        except ImageProblem as problem:
            checks.add(problem.check)
    assert checks == {"Q103"}


@given(
    st.binary(max_size=60), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"BM", b""])
)
def test_no_bytes_crash_the_gate(tail: bytes, head: bytes) -> None:
    with contextlib.suppress(ImageProblem):
        assert decode(head + tail, max_pixels=100).size


def bomb(width: int, height: int) -> bytes:
    """Return a PNG whose header promises width x height pixels and whose data are a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 10)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [101, 10_000, 20_000])
def test_a_decompression_bomb_is_refused_by_its_header(side: int) -> None:
    # Were a pixel decoded, these would be truncated (Q103). Pillow warns of the second and refuses the third itself.
    assert refused(bomb(side, side)) == "Q104"


def test_our_limit_is_the_only_one(photo: Image.Image, encode: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert decode(encode(photo), max_pixels=MAX_PIXELS).size == photo.size
    assert Image.MAX_IMAGE_PIXELS == 10


def test_threads_do_not_take_one_anothers_limit(photo: Image.Image, encode: Encode) -> None:
    content, usual = encode(photo), Image.MAX_IMAGE_PIXELS

    def check(number: int) -> str:
        return refused(content, max_pixels=1) if number % 2 else str(decode(content, max_pixels=10**9).size)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(check, range(400))) == {"Q104", str(photo.size)}
    assert usual == Image.MAX_IMAGE_PIXELS


def test_as_many_pixels_as_allowed_are_allowed(photo: Image.Image, encode: Encode) -> None:
    content = encode(photo)
    assert decode(content, max_pixels=24 * 16).size == (24, 16)
    assert refused(content, max_pixels=24 * 16 - 1) == "Q104"


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP", "TIFF"])
def test_animations_and_pages_are_refused(photo: Image.Image, encode: Encode, name: str) -> None:
    other = photo.transpose(Image.Transpose.ROTATE_180)
    assert refused(encode(photo, name, save_all=True, append_images=[other])) == "Q105"


def test_a_phones_double_picture_is_no_animation(photo: Image.Image, encode: Encode) -> None:
    preview = photo.resize((12, 8))
    image = decode(encode(photo, "MPO", save_all=True, append_images=[preview]), max_pixels=MAX_PIXELS)
    assert (image.format, image.size) == ("MPO", photo.size)


@pytest.mark.parametrize("header", [b"P5\n# a remark\n2 # wide\n1 255\n", b"P5 2 1 255 ", b"P5\n2\t1\r255\n"])
def test_a_ppm_with_remarks_is_fine(header: bytes) -> None:
    assert decode(header + b"\1\2", max_pixels=MAX_PIXELS).tobytes() == b"\1\2"


@pytest.mark.parametrize("words", [[b""], [b"2 "], [b"2 1 "]])
def test_a_ppm_whose_header_does_not_end_is_refused_unread(words: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", None)
    assert refused(b"P6 " + b"".join(words) + b"#" * 70_000 + b"\n2 1 255 123456") == "Q103"


def test_float_pixels_are_refused(encode: Encode) -> None:
    assert refused(encode(Image.new("F", (4, 4), 0.5), "TIFF")) == "Q106"


def test_lab_pixels_are_refused(encode: Encode) -> None:
    assert refused(encode(Image.new("LAB", (4, 4)), "TIFF")) == "Q106"


@pytest.mark.parametrize(("value", "is_fine"), [(0, True), (65535, True), (65536, False), (-1, False)])
def test_32_bit_gray_is_let_in_while_it_fits_16_bits(encode: Encode, value: int, *, is_fine: bool) -> None:
    content = encode(Image.new("I", (4, 4), value), "TIFF")
    if is_fine:
        assert decode(content, max_pixels=MAX_PIXELS).mode == "I"
    else:
        assert refused(content) == "Q106"


def test_a_reason_is_one_line_of_text(photo: Image.Image, encode: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("\x1b[31m\n\udcff" + "x" * 1_000)

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(ImageProblem) as caught:
        decode(encode(photo), max_pixels=MAX_PIXELS)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 300


def test_pillows_warnings_do_not_leak(encode: Encode) -> None:
    palette = Image.new("P", (4, 4))
    palette.putpalette([0, 0, 0, 255, 255, 255])
    content = encode(palette, transparency=bytes([0, 128]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decode(content, max_pixels=MAX_PIXELS).convert("L")
        refused(bomb(9_500, 9_500), max_pixels=10**9)
        refused(b"II*\0" + bytes(20))
    assert caught == []


def test_the_same_bytes_give_the_same_pixels(photo: Image.Image, encode: Encode) -> None:
    content = encode(photo, "JPEG", quality=50)
    one, two = (decode(content, max_pixels=MAX_PIXELS).tobytes() for _ in range(2))
    assert one == two
    assert decode(io.BytesIO(content).getvalue(), max_pixels=MAX_PIXELS).tobytes() == one
