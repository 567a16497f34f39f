from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from winnow.transforms.decode import decode
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

Encode = Callable[..., bytes]


def spec(channels: int = 3, **changes: object) -> PreprocessSpec:
    fields: dict[str, object] = {
        "size": 16,
        "channels": channels,
        "fit": "stretch",
        "resample": "bilinear",
        "alpha": "keep" if channels == 4 else "composite",
        "background": [255, 0, 0],
    }
    return PreprocessSpec.model_validate({**fields, **changes})


def reload(image: Image.Image, encode: Encode, name: str = "PNG", **options: object) -> Image.Image:
    return decode(encode(image, name, **options), max_pixels=10_000)


def gray_ramp() -> np.ndarray:
    return np.tile(np.arange(0, 256, 16, dtype=np.uint8), (16, 1))


def opaque(channels: int, gray: np.ndarray) -> np.ndarray:
    """Return what a gray picture without transparency becomes."""
    layers = [gray] * (1 if channels == 1 else 3) + [np.full_like(gray, 255)] * (channels == 4)
    return np.stack(layers, axis=-1)


def sixteen_bit(endian: str) -> Image.Image:
    ramp = (gray_ramp().astype(np.uint32) * 257).astype(f"{endian}u2")
    return Image.fromarray(ramp)


GRAY_PICTURES: dict[str, Callable[[], Image.Image]] = {
    "L": lambda: Image.fromarray(gray_ramp()),
    "LA": lambda: Image.merge("LA", [Image.fromarray(gray_ramp()), Image.new("L", (16, 16), 255)]),
    "P": lambda: Image.fromarray(gray_ramp()).convert("P"),
    "RGB": lambda: Image.fromarray(gray_ramp()).convert("RGB"),
    "RGBA": lambda: Image.fromarray(gray_ramp()).convert("RGBA"),
    "CMYK": lambda: Image.fromarray(gray_ramp()).convert("RGB").convert("CMYK"),
    "I;16": lambda: sixteen_bit("<"),
    "I;16B": lambda: sixteen_bit(">"),
    "I": lambda: Image.fromarray(gray_ramp().astype(np.int32) * 257),
    "YCbCr": lambda: Image.fromarray(gray_ramp()).convert("YCbCr"),
    "PA": lambda: Image.fromarray(gray_ramp()).convert("RGBA").convert("PA"),
    "RGBa": lambda: Image.fromarray(gray_ramp()).convert("RGBA").convert("RGBa"),
    "RGBX": lambda: Image.fromarray(gray_ramp()).convert("RGB").convert("RGBX"),
}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("mode", GRAY_PICTURES)
def test_one_picture_gives_the_same_pixels_in_every_mode(mode: str, channels: int) -> None:
    image = GRAY_PICTURES[mode]()
    assert image.mode == mode
    pixels = preprocess(image, spec(channels))
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, opaque(channels, gray_ramp()))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_black_and_white_becomes_0_and_255(channels: int) -> None:
    bits = gray_ramp() > 100
    pixels = preprocess(Image.fromarray(bits), spec(channels))
    assert np.array_equal(pixels, opaque(channels, bits.astype(np.uint8) * 255))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("PNG", "1", {}),
        ("PNG", "L", {}),
        ("PNG", "LA", {}),
        ("PNG", "P", {}),
        ("PNG", "P", {"transparency": 7}),
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "I;16", {}),
        ("TIFF", "I;16", {}),
        ("TIFF", "CMYK", {}),
        ("JPEG", "CMYK", {}),
        ("JPEG", "L", {}),
        ("TIFF", "YCbCr", {}),
    ],
)
def test_every_mode_that_files_have_becomes_an_array(
    photo: Image.Image, encode: Encode, name: str, mode: str, options: dict[str, object], channels: int
) -> None:
    source = photo.convert("L").convert("I").point(lambda value: value * 257, "I") if mode == "I;16" else photo
    image = reload(source.convert(mode), encode, name, **options)
    pixels = preprocess(image, spec(channels))
    assert pixels.shape == (16, 16, channels)
    assert pixels.std() > 20
    assert np.array_equal(pixels, preprocess(image, spec(channels)))


def test_a_cmyk_jpeg_is_not_shown_as_its_negative(photo: Image.Image, encode: Encode) -> None:
    shown = preprocess(reload(photo.convert("CMYK"), encode, "JPEG", quality=95), spec()).astype(int)
    assert np.abs(shown - preprocess(photo, spec())).mean() < 10


def test_16_bits_are_scaled_by_their_full_range_whatever_the_picture_holds() -> None:
    dim = Image.fromarray(np.full((16, 16), 257 * 10, dtype=np.uint16))
    assert np.unique(preprocess(dim, spec(1))).tolist() == [10]
    values = np.array([0, 128, 129, 257, 65535 - 128, 65535], dtype=np.uint16)
    scaled = preprocess(Image.fromarray(np.tile(values, (16, 3))[:, :16]), spec(1))[0, :6, 0]
    assert scaled.tolist() == [0, 0, 1, 1, 255, 255]


def test_16_bits_come_out_the_same_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (37, 23), dtype=np.uint16)
    for transparent in (None, int(values[0, 0])):
        image = Image.fromarray(values)
        image.info |= {} if transparent is None else {"transparency": transparent}
        whole = preprocess(image, spec(4))
        for block in (1, 50, 37 * 23):
            monkeypatch.setattr("winnow.transforms.preprocess._BLOCK_PIXELS", block)
            assert np.array_equal(preprocess(image, spec(4)), whole)


@pytest.mark.parametrize("mode", ["RGB", "L", "I;16", "P"])
def test_a_transparent_colour_is_transparent(encode: Encode, mode: str) -> None:
    """PNG's tRNS chunk: one colour, or one palette entry, means nothing is there."""
    pixels = np.zeros((16, 16), dtype=np.uint8)
    pixels[:, 8:] = 200
    picture, key = {
        "RGB": (Image.fromarray(pixels).convert("RGB"), (200, 200, 200)),
        "L": (Image.fromarray(pixels), 200),
        "I;16": (Image.fromarray(pixels.astype(np.uint16) * 257), 200 * 257),
        "P": (Image.fromarray((pixels > 0).astype(np.uint8), "P"), 1),
    }[mode]
    if mode == "P":
        picture.putpalette([0, 0, 0, 200, 200, 200])
    image = reload(picture, encode, transparency=key)
    seen = preprocess(image, spec(3))
    assert seen[0, 0].tolist() == [0, 0, 0]
    assert seen[0, -1].tolist() == [255, 0, 0], "the background shows"
    kept = preprocess(image, spec(4))
    assert kept[0, 0].tolist() == [0, 0, 0, 255]
    assert kept[0, -1].tolist() == [255, 0, 0, 0]


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_half_transparency_mixes_with_the_background(mode: str) -> None:
    image = Image.new("RGBA", (16, 16), (0, 0, 0, 51)).convert(mode)
    assert np.unique(preprocess(image, spec(3)).reshape(-1, 3), axis=0).tolist() == [[204, 0, 0]]
    assert preprocess(image, spec(4))[0, 0].tolist() == [0, 0, 0, 51]


def test_colour_under_full_transparency_does_not_matter() -> None:
    hidden = [Image.new("RGBA", (20, 20), (*colour, 0)) for colour in ((0, 255, 0), (9, 9, 9))]
    for channels in (1, 3, 4):
        one, two = (preprocess(image, spec(channels)) for image in hidden)
        assert np.array_equal(one, two)


def test_stretch_shows_all_and_crop_shows_the_middle() -> None:
    pixels = np.zeros((16, 48), dtype=np.uint8)
    pixels[:, 16:32] = 255
    image = Image.fromarray(pixels)
    assert preprocess(image, spec(1, fit="crop")).min() == 255
    assert preprocess(image.transpose(Image.Transpose.TRANSPOSE), spec(1, fit="crop")).min() == 255
    stretched = preprocess(image, spec(1, fit="stretch", resample="nearest"))
    assert (stretched[0, :5, 0].max(), stretched[0, 6:10, 0].min(), stretched[0, 11:, 0].max()) == (0, 255, 0)


def test_pad_centres_the_picture_on_the_background() -> None:
    image = Image.new("RGB", (40, 20), (0, 0, 255))
    padded = preprocess(image, spec(3, fit="pad"))
    assert np.unique(padded[:4].reshape(-1, 3), axis=0).tolist() == [[255, 0, 0]]
    assert np.unique(padded[4:12].reshape(-1, 3), axis=0).tolist() == [[0, 0, 255]]
    assert np.unique(padded[12:].reshape(-1, 3), axis=0).tolist() == [[255, 0, 0]]
    assert preprocess(image, spec(4, fit="pad"))[0, 0].tolist() == [255, 0, 0, 0], "beside it is nothing"


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (17, 16), (2, 3)])
def test_any_shape_becomes_a_square(shape: tuple[int, int], fit: str) -> None:
    image = Image.new("RGB", shape, (1, 2, 3))
    assert preprocess(image, spec(3, fit=fit)).shape == (16, 16, 3)


@pytest.mark.parametrize("resample", ["nearest", "bilinear", "bicubic", "lanczos"])
def test_a_flat_colour_stays_what_it_is(resample: str) -> None:
    image = Image.new("RGB", (37, 23), (10, 120, 230))
    assert np.unique(preprocess(image, spec(3, resample=resample)).reshape(-1, 3), axis=0).tolist() == [[10, 120, 230]]


def test_the_image_is_left_as_it_was(photo: Image.Image) -> None:
    before = photo.tobytes()
    preprocess(photo, spec(1))[:] = 0
    assert photo.tobytes() == before
    assert photo.mode == "RGB"
