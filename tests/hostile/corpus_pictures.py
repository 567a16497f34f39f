"""Generated pictures in every format, mode and wrapping that a data set may meet: all of them whole."""

import functools
import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

WIDTH, HEIGHT = 32, 20
_ORIENTATION = 0x0112


def photo(number: int = 0) -> Image.Image:
    """Return a colourful picture without symmetry, RGB, 32 x 20; each number gives another one."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    noise = np.random.default_rng(number).integers(0, 40, (HEIGHT, WIDTH, 3))
    pixels = np.stack([x * 6, y * 9, 200 - x * 3 - y * 4], axis=-1) + noise
    pixels[:4, :6] = 0
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    """Return `image` as a file's bytes."""
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk with its right checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(content: bytes, *chunks: bytes) -> bytes:
    """Return a PNG with further chunks right behind its header."""
    return content[:33] + b"".join(chunks) + content[33:]


def jpeg_with(content: bytes, marker: int, body: bytes) -> bytes:
    """Return a JPEG with one segment more right behind its start."""
    return content[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + content[2:]


def with_transparency() -> Image.Image:
    """Return the photo as RGBA whose transparency grows from left to right."""
    image = photo().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").rotate(90).resize(image.size))
    return image


def gray_16() -> Image.Image:
    """Return the photo as 16-bit gray that uses the whole range."""
    return Image.fromarray(np.asarray(photo().convert("L")).astype(np.uint16) * 257)


@functools.cache
def plain() -> dict[str, bytes]:
    """Return one whole file of each of the formats whose cuts and corruptions are tried."""
    image = photo()
    return {
        "jpeg": encoded(image, "JPEG", quality=90),
        "jpeg-progressive": encoded(image, "JPEG", quality=90, progressive=True),
        "png": encoded(image, "PNG"),
        "png-palette": encoded(image.quantize(16), "PNG", transparency=bytes(range(0, 160, 10))),
        "webp": encoded(image, "WEBP", quality=80),
        "webp-lossless": encoded(image, "WEBP", lossless=True),
        "tiff": encoded(image, "TIFF"),
        "tiff-lzw": encoded(image, "TIFF", compression="tiff_lzw"),
        "tiff-deflate": encoded(image, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-jpeg": encoded(image, "TIFF", compression="jpeg"),
        "gif": encoded(image.quantize(32), "GIF"),
        "bmp": encoded(image, "BMP"),
        "bmp-palette": encoded(image.quantize(200), "BMP"),
        "ppm": encoded(image, "PPM"),
        "jpeg2000": encoded(image, "JPEG2000"),
        "avif": encoded(image, "AVIF", quality=80),
    }


def modes() -> Iterator[tuple[str, bytes]]:
    """Yield whole files of every pixel mode that is let in, in the formats that know it."""
    image, alpha = photo(), with_transparency()
    gray, palette = image.convert("L"), image.quantize(16)
    for name in ("PNG", "TIFF"):
        for mode in ("1", "L", "LA", "RGB"):
            yield f"{name}-{mode}", encoded(alpha.convert(mode), name)
        yield f"{name}-RGBA", encoded(alpha, name)
        yield f"{name}-P", encoded(palette, name)
        yield f"{name}-I16", encoded(gray_16(), name)
    yield "PNG-P-one-transparent", encoded(palette, "PNG", transparency=3)
    yield "PNG-P-many-transparent", encoded(palette, "PNG", transparency=bytes([0, 128, 255]))
    yield "PNG-RGB-transparent", encoded(image, "PNG", transparency=(0, 0, 0))
    yield "PNG-L-transparent", encoded(gray, "PNG", transparency=0)
    yield "PNG-1-transparent", encoded(gray.convert("1"), "PNG", transparency=0)
    yield "PNG-I16-transparent", encoded(gray_16(), "PNG", transparency=257)
    yield "TIFF-I16B", encoded(Image.frombytes("I;16B", gray.size, bytes(2 * WIDTH * HEIGHT)), "TIFF")
    yield "TIFF-I-of-16-bits", encoded(Image.new("I", (5, 4), 65535), "TIFF")
    for mode in ("CMYK", "YCbCr"):
        yield f"TIFF-{mode}", encoded(image.convert(mode), "TIFF")
    for mode in ("L", "CMYK"):
        yield f"JPEG-{mode}", encoded(image.convert(mode), "JPEG")
    for mode in ("1", "L", "RGB", "RGBA"):
        yield f"BMP-{mode}", encoded(alpha.convert(mode), "BMP")
    for mode in ("1", "L"):
        yield f"PPM-{mode}", encoded(gray.convert(mode), "PPM")
    yield "PPM-16-bit", encoded(gray_16().convert("I"), "PPM")
    yield "WEBP-RGBA", encoded(alpha, "WEBP", lossless=True)
    yield "GIF-transparent", encoded(palette, "GIF", transparency=3)
    yield "GIF-interlaced", encoded(palette, "GIF", interlace=1)
    yield "GIF-L", encoded(gray, "GIF")
    yield "AVIF-RGBA", encoded(alpha, "AVIF")
    for mode in ("L", "LA", "RGBA"):
        yield f"JPEG2000-{mode}", encoded(alpha.convert(mode), "JPEG2000")
    yield "JPEG2000-I16", encoded(gray_16(), "JPEG2000")


def wrapped() -> Iterator[tuple[str, bytes]]:
    """Yield whole pictures in odd but honest clothes: profiles, orientations, comments, trailing bytes, shapes."""
    image = photo()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
        yield f"{name}-icc", encoded(image, name, icc_profile=profile)
        yield f"{name}-icc-broken", encoded(image, name, icc_profile=b"no profile" + bytes(200))
    for name in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[_ORIENTATION] = orientation
            yield f"{name}-orientation-{orientation}", encoded(image, name, exif=exif)
    for orientation in (0, 9, 255, 65535):
        exif = Image.Exif()
        exif[_ORIENTATION] = orientation
        yield f"JPEG-orientation-{orientation}", encoded(image, "JPEG", exif=exif)
    yield "JPEG-comment", encoded(image, "JPEG", comment=b"\0\xff\n\x1b[31mred")
    yield "JPEG-trailing", encoded(image, "JPEG") + b"trailing bytes " * 50
    yield "PNG-trailing", encoded(image, "PNG") + bytes(1000)
    yield "PNG-text", encoded(image, "PNG", pnginfo=_text())
    yield "GIF-comment", encoded(image.quantize(8), "GIF", comment=b"\0\n\x1b")
    yield "MPO", encoded(image, "MPO", save_all=True, append_images=[image.resize((8, 5))])
    yield "PNG-wide", encoded(Image.new("L", (65_535, 1), 9), "PNG")
    yield "PNG-tall", encoded(Image.new("L", (1, 65_535), 9), "PNG")
    yield "JPEG-wide", encoded(Image.new("L", (65_500, 1), 9), "JPEG")
    yield "PNG-one-pixel", encoded(Image.new("RGB", (1, 1)), "PNG")
    yield "TIFF-tiny-strips", encoded(image, "TIFF", tiffinfo=_strips(1))


def _text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "a\nb\0c\x1b")
    info.add_itxt("Author", "e\u0301 \u202e\U0001f642", zip=True)
    return info


def _strips(rows: int) -> TiffImagePlugin.ImageFileDirectory_v2:
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    directory[278] = rows
    return directory


def several() -> Iterator[tuple[str, bytes]]:
    """Yield files that hold more than one picture."""
    frames = [photo(number) for number in range(3)]
    for name in ("GIF", "WEBP", "PNG", "TIFF", "AVIF"):
        yield f"{name}-of-3", encoded(frames[0], name, save_all=True, append_images=frames[1:])


def unwanted() -> Iterator[tuple[str, bytes]]:
    """Yield files of formats that Pillow reads and winnow does not want."""
    image = photo()
    square = image.resize((32, 32))
    for name in ("ICO", "ICNS", "PCX", "SGI", "DDS", "TGA", "EPS", "PDF", "DIB", "SPIDER"):
        picture = square.convert("F") if name == "SPIDER" else square
        yield name, encoded(picture, name)
    yield "XBM", encoded(image.convert("1"), "XBM")
    yield "MSP", encoded(image.convert("1"), "MSP")
    yield "PSD", struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, 4, 4, 8, 3) + bytes(12) + b"\0\0" + bytes(48)
    yield "IM", b"Image type: L image\r\nImage size (x*y): 2*2\r\n".ljust(511, b"\0") + b"\x1a" + bytes(4)
    yield "QOI", b"qoif" + struct.pack(">IIBB", 2, 2, 3, 0) + b"\xfe\1\2\3\xc2" + bytes(7) + b"\1"
    yield "FITS", b"SIMPLE  =                    T".ljust(2880) + bytes(2880)
    yield "WMF", b"\xd7\xcd\xc6\x9a" + bytes(100)
    yield "HDF5", b"\x89HDF\r\n\x1a\n" + bytes(100)
