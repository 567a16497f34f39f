"""The corpus: some eleven hundred files that are broken, dishonest or unusual, built from generated pictures.

Nothing here is random: the same files on every run with the same version of Pillow.
"""

import functools
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import corpus_pictures as pictures
from corpus_pictures import encoded, jpeg_with, photo, png_chunk, png_with
from PIL import Image

FINE = "fine"
"""Instead of a check: the file is accepted."""


@dataclass(frozen=True)
class HostileFile:
    """A file by name, and what may become of it: checks, `FINE`, or nothing for either of the two."""

    name: str
    content: bytes
    expected: frozenset[str] = frozenset()


@functools.cache
def corpus() -> tuple[HostileFile, ...]:
    """Return the whole corpus; every name is there once."""
    makers = (_whole, _unwanted, _truncated, _corrupted, _bombs, _liars, _aliens, _metadata)
    return tuple(file for make in makers for file in make())


def _whole() -> Iterator[HostileFile]:
    for name, content in (*pictures.plain().items(), *pictures.modes(), *pictures.wrapped()):
        yield HostileFile(f"whole-{name}", content, frozenset({FINE}))
    for name, content in pictures.several():
        yield HostileFile(f"several-{name}", content, frozenset({"Q105"}))
    for mode, value in (("F", 0.5), ("LAB", 0), ("I", 1 << 20), ("I", -1)):
        content = encoded(Image.new(mode, (8, 5), value), "TIFF")
        yield HostileFile(f"mode-{mode}-{value}.tif", content, frozenset({"Q106"}))


def _unwanted() -> Iterator[HostileFile]:
    for name, content in pictures.unwanted():
        yield HostileFile(f"unwanted-{name}.png", content, frozenset({"Q101"}))
    yield HostileFile("unwanted-plain.ppm", b"P3 2 1 255 1 2 3 4 5 6\n", frozenset({"Q101"}))


def _truncated() -> Iterator[HostileFile]:
    """Yield each format cut in its header (every few bytes) and in its body."""
    for name, content in pictures.plain().items():
        header = range(1, 64, 5)
        body = (64 + (len(content) - 64) * part // 12 for part in range(12))
        for length in sorted({*header, *body, len(content) - 1}):
            yield HostileFile(f"cut-{name}-{length}", content[:length])


def _corrupted() -> Iterator[HostileFile]:
    """Yield each format with one byte changed: densely in the header, here and there in the body."""
    for name, content in pictures.plain().items():
        header = range(0, 60, 6)
        body = (60 + (len(content) - 60) * part // 10 for part in range(10))
        for at in sorted({*header, *body}):
            for byte in (0, 255) if at < 60 else (content[at] ^ 0x55,):
                if byte != content[at]:
                    spoilt = content[:at] + bytes([byte]) + content[at + 1 :]
                    yield HostileFile(f"byte-{name}-{at}-{byte}", spoilt)


def _declared(content: bytes, at: int, layout: str, width: int, height: int) -> bytes:
    """Return a file whose header says another size."""
    size = struct.pack(layout, width, height)
    return content[:at] + size + content[at + len(size) :]


def _png_declared(width: int, height: int) -> bytes:
    content = encoded(photo(), "PNG")
    return content[:8] + png_chunk(b"IHDR", struct.pack(">II", width, height) + content[24:29]) + content[33:]


def _gif(screen: tuple[int, int], frame: tuple[int, int]) -> bytes:
    """Return a GIF whose screen and only frame have these sizes; the frame is to be cleared away after it was shown."""
    control = b"!\xf9\x04" + bytes([2 << 2 | 1, 0, 0, 0]) + b"\0"
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes(6)
    return head + control + b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02D\x01\0;"


def _webp(width: int, height: int) -> bytes:
    sizes = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"VP8X" + struct.pack("<I", 10) + bytes([16, 0, 0, 0]) + sizes
    body += encoded(pictures.with_transparency(), "WEBP", lossless=True)[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def tiff(tags: dict[int, tuple[int, ...]], data: bytes = bytes(400)) -> bytes:
    """Return a little-endian TIFF with one directory of these tags (all of them longs), and `data` behind it."""
    count = len(tags)
    start = 8 + 2 + 12 * count + 4
    entries, values = b"", b""
    for tag, numbers in sorted(tags.items()):
        packed = struct.pack(f"<{len(numbers)}I", *numbers)
        place = packed if len(numbers) == 1 else struct.pack("<I", start + len(values))
        entries += struct.pack("<HHI", tag, 4, len(numbers)) + place
        values += b"" if len(numbers) == 1 else packed
    return struct.pack("<2sHIH", b"II", 42, 8, count) + entries + bytes(4) + values + data


def _tiff_tags(width: int, height: int, **changes: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    names = {"compression": 259, "samples": 277, "rows": 278, "offsets": 273, "counts": 279}
    tags = {256: (width,), 257: (height,), 258: (8,), 259: (1,), 262: (1,), 273: (200,), 277: (1,), 279: (100,)}
    return tags | {names[name]: value for name, value in changes.items()}


def _bombs() -> Iterator[HostileFile]:
    """Yield small files that promise, or unpack to, very much."""
    jpeg, bmp, avif = (encoded(photo(), name) for name in ("JPEG", "BMP", "AVIF"))
    jpeg2000 = encoded(photo(), "JPEG2000")
    large = (9_000, 9_000)
    for width, height in ((30_000, 30_000), large, (65_535, 65_535), (2**31 - 1, 2**31 - 1), (65_535, 2_000)):
        yield HostileFile(f"bomb-{width}x{height}.png", _png_declared(width, height), frozenset({"Q104"}))
    for screen, frame in (((65_535, 65_535), (1, 1)), ((10, 10), (13_000, 13_000)), (large, large)):
        name = f"bomb-{screen[0]}-frame-{frame[0]}.gif"
        yield HostileFile(name, _gif(screen, frame), frozenset({"Q104"}))
    for side in (13_000, 16_384, 65_536):
        yield HostileFile(f"bomb-{side}.webp", _webp(side, side), frozenset({"Q103", "Q104"}))
    yield HostileFile("bomb-9000.tif", tiff(_tiff_tags(*large)), frozenset({"Q104"}))
    frame = jpeg.index(b"\xff\xc0") + 5
    yield HostileFile("bomb-9000.jpg", _declared(jpeg, frame, ">HH", *large), frozenset({"Q104"}))
    yield HostileFile("bomb-9000.bmp", _declared(bmp, 18, "<ii", *large), frozenset({"Q104"}))
    yield HostileFile("bomb-9000.ppm", b"P6 9000 9000 255 " + bytes(100), frozenset({"Q104"}))
    ispe, ihdr = avif.index(b"ispe") + 8, jpeg2000.index(b"ihdr") + 4
    yield HostileFile("bomb-9000.avif", _declared(avif, ispe, ">II", *large), frozenset({"Q104"}))
    yield HostileFile("bomb-9000.jp2", _declared(jpeg2000, ihdr, ">II", *large), frozenset({"Q104"}))
    yield HostileFile("bomb-flat.png", encoded(Image.new("1", large), "PNG"), frozenset({"Q104"}))
    yield from _text_bombs()


def _text_bombs() -> Iterator[HostileFile]:
    png = encoded(photo(), "PNG")
    packed = zlib.compress(bytes(60_000_000), 9)
    chunks = {
        "zTXt": png_chunk(b"zTXt", b"key\0\0" + packed),
        "iTXt": png_chunk(b"iTXt", b"key\0\1\0\0\0" + packed),
        "iCCP": png_chunk(b"iCCP", b"key\0\0" + packed),
        "zTXt-many": png_chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(1_000_000), 9)) * 80,
    }
    for name, chunk in chunks.items():
        yield HostileFile(f"bomb-{name}.png", png_with(png, chunk), frozenset({"Q103"}))


def _liars() -> Iterator[HostileFile]:
    """Yield files whose header contradicts their body within the limits of size."""
    strip = {"rows": (20,), "counts": (640,)}
    refused = frozenset({"Q103"})
    yield HostileFile("liar-strips-missing.tif", tiff(_tiff_tags(32, 1_000, **strip), bytes(2_000)), refused)
    yield HostileFile("liar-strips-missing-tall.tif", tiff(_tiff_tags(32, 30_000, **strip), bytes(2_000)), refused)
    many = (300,) * 20_000
    yield HostileFile("liar-strips-many.tif", tiff(_tiff_tags(32, 20, rows=(1,), offsets=many, counts=many)), refused)
    yield HostileFile("liar-samples.tif", tiff(_tiff_tags(32, 20, samples=(65_535,))), refused)
    yield HostileFile("liar-rows.tif", tiff(_tiff_tags(32, 20, compression=(5,), rows=(2**32 - 1,))), refused)
    yield HostileFile("liar-offset.tif", tiff(_tiff_tags(32, 20, offsets=(2**31,))), refused)
    yield HostileFile("liar-packed.tif", tiff(_tiff_tags(32, 20, compression=(8,)), zlib.compress(bytes(10_000_000))))
    tiles = _tiff_tags(32, 20) | {322: (65_520,), 323: (65_520,), 324: (300,), 325: (100,)}
    del tiles[273], tiles[279]
    yield HostileFile("liar-tile.tif", tiff(tiles), refused)
    yield HostileFile("liar-tile-packed.tif", tiff(tiles | {259: (5,)}), refused)
    yield HostileFile("liar-directory-loop.tif", tiff(_tiff_tags(32, 20))[:-404] + struct.pack("<I", 8) + bytes(700))
    for width, height in ((0, 20), (32, 0), (32, 21), (31, 20)):
        yield HostileFile(f"liar-{width}x{height}.png", _png_declared(width, height))
        bmp = _declared(encoded(photo(), "BMP"), 18, "<ii", width, height)
        yield HostileFile(f"liar-{width}x{height}.bmp", bmp)
        yield HostileFile(f"liar-{width}x{height}.ppm", b"P6 %d %d 255 " % (width, height) + bytes(1920))
        yield HostileFile(f"liar-{width}x{height}.gif", _gif((width, height), (width, height)))


def _aliens() -> Iterator[HostileFile]:
    """Yield what is no image, under an image's name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(zipfile.ZipInfo("picture.png"), encoded(photo(), "PNG"))
    aliens = {
        "text.jpg": b"not an image at all\n" * 9,
        "page.png": b"<!DOCTYPE html><html><body>404</body></html>",
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "paper.gif": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
        "archive.webp": archive.getvalue(),
        "program.bmp": b"\x7fELF\x02\x01\x01" + bytes(200),
        "program.exe.png": b"MZ\x90\0" + bytes(200),
        "script.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
        "one-byte.png": b"\0",
        "zeros.jpg": bytes(5_000),
        "ones.tif": b"\xff" * 5_000,
        "pointer.png": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
        "wave.webp": b"RIFF\x24\0\0\0WAVEfmt " + bytes(40),
    }
    for name, content in aliens.items():
        yield HostileFile(f"alien-{name}", content, frozenset({"Q101"}))
    yield HostileFile("alien-empty.jpg", b"", frozenset({"Q102"}))
    signatures = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "gif": b"GIF89a", "tif": b"II*\0"}
    for name, signature in signatures.items():
        yield HostileFile(f"alien-signature-only.{name}", signature, frozenset({"Q103"}))
    for first, second in (("JPEG", "PNG"), ("PNG", "JPEG"), ("GIF", "TIFF")):
        both = encoded(photo(1), first) + encoded(photo(2), second)
        yield HostileFile(f"alien-{first}-then-{second}.png", both, frozenset({FINE}))


def _metadata() -> Iterator[HostileFile]:
    """Yield whole pictures whose EXIF is a mess; the picture stays as it is stored."""
    jpeg = encoded(photo(), "JPEG")
    one = struct.pack("<HHII", 0x0112, 3, 1, 6)
    messes = {
        "empty": b"",
        "garbage": b"garbage",
        "header-only": _exif(b""),
        "no-end": _exif(struct.pack("<H", 65_535) + one),
        "loop": _exif(struct.pack("<H", 1) + one + struct.pack("<I", 8)),
        "orientation-as-text": _exif(struct.pack("<HHHI4sI", 1, 0x0112, 2, 4, b"six\0", 0)),
        "orientation-as-ratio": _exif(struct.pack("<HHHIIIII", 1, 0x0112, 5, 1, 26, 0, 6, 0)),
        "orientation-many": _exif(struct.pack("<HHHIII", 1, 0x0112, 3, 9_000, 26, 0) + bytes(20_000)),
        "huge-count": _exif(struct.pack("<HHHIII", 1, 0x010F, 2, 2**32 - 1, 26, 0)),
        "nested": _exif(struct.pack("<HHHIII", 1, 0x8769, 4, 1, 8, 0)),
        "bomb": tiff({tag: (tag,) for tag in range(1, 5_000)})[:65_000],
    }
    png = encoded(photo(), "PNG")
    for name, body in messes.items():
        in_jpeg, in_png = jpeg_with(jpeg, 0xE1, b"Exif\0\0" + body), png_with(png, png_chunk(b"eXIf", body))
        yield HostileFile(f"exif-{name}.jpg", in_jpeg, frozenset({FINE}))
        yield HostileFile(f"exif-{name}.png", in_png, frozenset({FINE}))
    for number in range(1, 255, 36):
        segments = jpeg_with(jpeg, 0xE0 + number % 16, bytes([number]) * 300)
        yield HostileFile(f"segment-{number}.jpg", segments)
    xmp = jpeg_with(jpeg, 0xE1, b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>')
    yield HostileFile("xmp-orientation.jpg", xmp, frozenset({FINE}))
    yield HostileFile("comment-long.gif", _commented_gif(), frozenset({FINE}))


def _exif(directory: bytes) -> bytes:
    return b"II*\0\x08\0\0\0" + directory


def _commented_gif() -> bytes:
    gif = encoded(photo().quantize(4), "GIF")
    first = gif.index(b",", 13 + 3 * 4)
    return gif[:first] + b"!\xfe" + (b"\xff" + b"A" * 255) * 4_000 + b"\0" + gif[first:]
