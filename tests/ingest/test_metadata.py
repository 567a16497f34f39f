"""Every format, mode and orientation: the same pixels, and nothing of what was planted."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from winnow.ingest import metadata
from winnow.ingest.metadata import StrippedSource, strip
from winnow.ingest.source_item import Source
from winnow.transforms.decode import FORMATS, ImageProblem, decode

MAX_PIXELS = 100_000
PLANTED = "Jane Q. Planted"
MODES = {
    "JPEG": ("L", "RGB", "CMYK"),
    "MPO": ("L", "RGB"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I"),
    "GIF": ("1", "L", "P"),
    "JPEG2000": ("L", "LA", "RGB", "RGBA"),
    "AVIF": ("L", "RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "PPM": ("1", "L", "RGB", "I;16"),
}
WITH_EXIF = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "AVIF")
COPIED = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "JPEG2000")
CASES = [
    (name, mode, orientation)
    for name, modes in MODES.items()
    for mode in modes
    for orientation in (range(1, 9) if name in WITH_EXIF else (1,))
]
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def picture(mode: str, *, width: int = 11, height: int = 7, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    if mode in ("I", "I;16"):
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 257).convert(mode)
    return Image.fromarray(pixels).convert("RGB").convert(mode) if mode in ("P", "CMYK") else image_of(pixels, mode)


def image_of(pixels: np.ndarray, mode: str) -> Image.Image:
    return Image.fromarray(pixels[..., :3]).convert(mode) if mode != "RGBA" else Image.fromarray(pixels)


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = tags[0x013B] = PLANTED
    tags.get_ifd(0x8825).update({1: "N", 2: (12.0, 34.0, 56.0), 29: PLANTED})
    return tags.tobytes()


def encoded(image: Image.Image, name: str, orientation: int = 1, **options: Any) -> bytes:
    """Return the file, with as much planted as the format carries."""
    text = PLANTED.encode()
    carried: dict[str, Any] = {"exif": exif(orientation)} if name in WITH_EXIF else {}
    if name in ("JPEG", "GIF", "JPEG2000"):
        carried["comment"] = text
    if name in ("JPEG", "WEBP"):
        carried["xmp"] = b"<x>" + text + b"</x>"
    if name == "WEBP":
        carried["lossless"] = True
    if name == "MPO":
        carried |= {"save_all": True, "append_images": [image]}
    if name == "PNG":
        carried["pnginfo"] = PngInfo()
        carried["pnginfo"].add_text("Author", PLANTED)
        carried["pnginfo"].add_text("Comment", PLANTED, zip=True)
        carried["pnginfo"].add_itxt("XML:com.adobe.xmp", PLANTED)
    stream = io.BytesIO()
    image.save(stream, name, **carried | options)
    return stream.getvalue() + (text if name in ("JPEG", "PNG", "GIF") else b"")


def stripped(content: bytes) -> bytes:
    return strip(content, decode(content, max_pixels=MAX_PIXELS), max_pixels=MAX_PIXELS)[0]


def assert_same_pixels(before: bytes, after: bytes) -> None:
    one, other = decode(before, max_pixels=MAX_PIXELS), decode(after, max_pixels=MAX_PIXELS)
    assert one.size == other.size
    if one.mode.startswith("I"):
        assert np.array_equal(np.asarray(one, np.int64), np.asarray(other, np.int64))
    else:
        assert one.mode == other.mode
        assert one.tobytes() == other.tobytes()
        assert one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes()


def test_every_format_that_is_read_is_tested() -> None:
    assert set(MODES) == {*FORMATS, "MPO"}


@pytest.mark.parametrize(("name", "mode", "orientation"), CASES)
def test_pixels_stay_and_what_was_planted_goes(name: str, mode: str, orientation: int) -> None:
    content = encoded(picture(mode), name, orientation)
    assert (PLANTED.encode() in content) == (name not in ("BMP", "PPM"))
    bare = stripped(content)
    assert PLANTED.encode() not in bare
    assert_same_pixels(content, bare)
    with Image.open(io.BytesIO(bare)) as image:
        image.load()
        tags = {tag for tag in image.getexif() if name != "TIFF" or tag in (0x010E, 0x013B, 0x8825)}
        assert tags <= {0x0112}
        assert not image.getexif().get_ifd(0x8825)
        assert image.format == {"MPO": "JPEG", "AVIF": "PNG", "BMP": "PNG", "PPM": "PNG"}.get(name, name)


@pytest.mark.parametrize(("name", "mode"), [(name, modes[-1]) for name, modes in MODES.items()])
def test_what_was_stripped_stays_as_it_is(name: str, mode: str) -> None:
    bare = stripped(encoded(picture(mode), name, 6))
    assert stripped(bare) == bare


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_same_picture_with_other_remarks_gives_the_same_file(name: str) -> None:
    image, other = picture("RGB"), Image.Exif()
    other[0x0112] = 6
    other[0x010F] = "a camera"
    stream = io.BytesIO()
    image.save(stream, name, exif=other, **({"lossless": True} if name == "WEBP" else {}))
    assert stripped(stream.getvalue()) == stripped(encoded(image, name, 6))


@pytest.mark.parametrize("name", COPIED)
def test_no_pixel_of_the_usual_formats_is_encoded_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "_encoded_anew", None)
    assert PLANTED.encode() not in stripped(encoded(picture("L"), name))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_colour_profile_stays(name: str) -> None:
    bare = stripped(encoded(picture("RGB"), name, icc_profile=PROFILE))
    with Image.open(io.BytesIO(bare)) as image:
        assert image.info["icc_profile"] == PROFILE


def test_transparency_stays() -> None:
    image = picture("P")
    gif = encoded(image, "GIF", transparency=image.getpixel((0, 0)))
    png = encoded(image, "PNG", transparency=bytes(range(256)))
    for content in (gif, png):
        assert_same_pixels(content, stripped(content))
        assert "transparency" in decode(stripped(content), max_pixels=MAX_PIXELS).info


def test_a_progressive_picture_with_restarts_is_copied_too() -> None:
    content = encoded(picture("RGB", width=90, height=70), "JPEG", 3, progressive=True, restart_marker_blocks=2)
    bare = stripped(content)
    assert bare.startswith(b"\xff\xd8")
    assert_same_pixels(content, bare)


def test_pixels_that_no_way_keeps_are_refused() -> None:
    # JPEG inside of TIFF has room for remarks, and PNG has no CMYK.
    stream = io.BytesIO()
    picture("CMYK", width=16, height=16).save(stream, "TIFF", compression="jpeg")
    content = stream.getvalue()
    with pytest.raises(ImageProblem, match="cannot be removed") as caught:
        stripped(content)
    assert caught.value.check == "Q107"


@pytest.mark.parametrize("name", MODES)
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_is_refused_or_keeps_its_pixels(name: str, data: st.DataObject) -> None:
    content = bytearray(encoded(picture(MODES[name][-1]), name, 5))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        bare = stripped(damaged)
    except ImageProblem:
        return
    assert_same_pixels(damaged, bare)


def test_a_stripped_source_is_the_source_with_marked_items(list_source: Callable[..., Source]) -> None:
    source = list_source({"a": (1, "cat"), "b": (2, "dog")})
    marked = StrippedSource(source)
    assert (marked.count(), marked.further, marked.num_repeated_rows) == (2, (), 0)
    assert [item.strip_metadata for item in marked.items()] == [True, True]
    assert [item.name for item in marked.items()] == ["a", "b"]
