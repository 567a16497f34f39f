"""Image files without what was written about the picture: containers are copied piece by piece, pixels untouched.

Each function keeps the pieces that a decoder needs for the pixels and their colours, and drops all others, known or
not: what nobody asked for cannot hold a name. The same picture with other remarks gives the same bytes. Malformed
files raise `Malformed`.
Formats: JPEG (ITU-T T.81, annex B), PNG (ISO/IEC 15948), WebP (RFC 9649), GIF (GIF89a).
"""

import struct
import zlib
from collections.abc import Iterator

UPRIGHT = 1

_EOI, _SOS = 0xD9, 0xDA
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_JPEG_KEPT = frozenset((*range(0xC0, 0xD0), *range(_EOI, _APP0)))
"""Frames, tables, scans, and the end."""
_ICC, _ADOBE, _ADOBE_BYTES = b"ICC_PROFILE\0", b"Adobe", 12
_PLAIN_JFIF = b"\x01\x01\0\0\x01\0\x01\0\0"

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP")
)

_WEBP_KEPT = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF"))
_WEBP_HAS_EXIF, _WEBP_HAS_XMP, _VP8X_BYTES = 0x08, 0x04, 10

_GIF_EXTENSION, _GIF_IMAGE, _GIF_END, _GIF_CONTROL = 0x21, 0x2C, 0x3B, 0xF9


class Malformed(ValueError):  # noqa: N818 - it says what the file is
    """A file whose pieces cannot be told apart."""


def orientation_exif(orientation: int) -> bytes:
    """Return EXIF (CIPA DC-008) that holds nothing but the orientation, 1 to 8."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def strip_jpeg(content: bytes, orientation: int) -> bytes:
    """Return a JPEG without any remark; JFIF, the ICC profile and Adobe's colour transform stay."""
    exif = [] if orientation == UPRIGHT else [_jpeg_segment(_APP1, b"Exif\0\0" + orientation_exif(orientation))]
    kept = [b"\xff\xd8"]
    for marker, body in _jpeg_segments(content):
        bare = _bare(marker, body)
        if bare is None:
            continue
        if marker != _APP0:
            # JFIF comes first, EXIF second.
            kept += exif
            exif = []
        kept.append(_jpeg_segment(marker, bare))
    return b"".join(kept)


def _bare(marker: int, body: bytes) -> bytes | None:
    """Return what a segment says of pixels and colours; None: nothing."""
    if marker == _APP0 and body.startswith(b"JFIF\0"):
        # Density and thumbnail say nothing of the pixels.
        return b"JFIF\0" + _PLAIN_JFIF
    if marker == _APP14 and body.startswith(_ADOBE):
        return body[:_ADOBE_BYTES]
    return body if marker in _JPEG_KEPT or (marker == _APP2 and body.startswith(_ICC)) else None


def _jpeg_segment(marker: int, body: bytes) -> bytes:
    if marker in (_SOS, _EOI):
        return bytes([0xFF, marker]) + body
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield markers and bodies up to the end of the picture; that of a scan has its length and its data with it."""
    if content[:2] != b"\xff\xd8":
        raise Malformed("no JPEG")
    at, has_scan = 2, False
    while not (has_scan and at == len(content)):
        start = at
        while content[at : at + 1] == b"\xff":
            at += 1
        if at == start:
            raise Malformed("no marker where one is due")
        marker, at = number_at(content, at, ">B"), at + 1
        if marker == _EOI:
            break
        end = at + number_at(content, at, ">H")
        if end < at + 2 or end > len(content):
            raise Malformed("a segment that does not fit")
        if marker == _SOS:
            has_scan, end = True, _end_of_scan(content, end)
            yield marker, content[at:end]
        else:
            yield marker, content[at + 2 : end]
        at = end
    # Some cameras leave the end out.
    yield _EOI, b""


def _end_of_scan(content: bytes, at: int) -> int:
    """Return where the next marker begins: not an escaped FF, not a restart, not fill. Else the end of the file."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        following = content[at + 1]
        if following and not 0xD0 <= following <= 0xD7 and following != 0xFF:  # noqa: PLR2004 - as the standard says
            return at
        at += 1 if following == 0xFF else 2  # noqa: PLR2004
    return len(content)


def strip_png(content: bytes, orientation: int) -> bytes:
    """Return a PNG without text, time, EXIF and private chunks; what colours mean stays."""
    if not content.startswith(_PNG_SIGNATURE):
        raise Malformed("no PNG")
    kept, at, has_exif = [_PNG_SIGNATURE], len(_PNG_SIGNATURE), orientation == UPRIGHT
    while True:
        kind = content[at + 4 : at + 8]
        end = at + 12 + number_at(content, at, ">I")
        if end > len(content):
            raise Malformed("a chunk that does not fit")
        if kind == b"IDAT" and not has_exif:
            exif = b"eXIf" + orientation_exif(orientation)
            kept.append(struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", zlib.crc32(exif)))
            has_exif = True
        if kind in _PNG_KEPT:
            kept.append(content[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end


def strip_webp(content: bytes, orientation: int) -> bytes:
    """Return a WebP without EXIF, XMP and unknown chunks."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise Malformed("no WebP")
    kept, at, total = [], 12, min(len(content), 8 + number_at(content, 4, "<I"))
    while at < total:
        kind, length = content[at : at + 4], number_at(content, at + 4, "<I")
        body = content[at + 8 : at + 8 + length]
        if len(body) != length:
            raise Malformed("a chunk that does not fit")
        if kind == b"VP8X":
            if len(body) < _VP8X_BYTES:
                raise Malformed("a header that is too short")
            flags = body[0] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP)
            body = bytes([flags | (_WEBP_HAS_EXIF if orientation != UPRIGHT else 0)]) + body[1:]
        if kind in _WEBP_KEPT:
            kept.append(_webp_chunk(kind, body))
        at += 8 + length + length % 2
    if orientation != UPRIGHT:
        kept.append(_webp_chunk(b"EXIF", orientation_exif(orientation)))
    riff = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(riff)) + riff


def _webp_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def strip_gif(content: bytes, _orientation: int) -> bytes:
    """Return a GIF without comments, plain text and application data. GIF knows no orientation."""
    if content[:4] != b"GIF8":
        raise Malformed("no GIF")
    at = 13 + _gif_palette(number_at(content, 10, ">B"))
    kept = [content[:at]]
    while (kind := number_at(content, at, ">B")) != _GIF_END:
        if kind == _GIF_EXTENSION:
            end = _end_of_blocks(content, at + 2)
            is_kept = content[at + 1] == _GIF_CONTROL
        elif kind == _GIF_IMAGE:
            end = _end_of_blocks(content, at + 11 + _gif_palette(number_at(content, at + 9, ">B")))
            is_kept = True
        else:
            raise Malformed("an unknown block")
        if is_kept:
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, b"\x3b"])


def _gif_palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(content: bytes, at: int) -> int:
    while length := number_at(content, at, ">B"):
        at += 1 + length
    return at + 1


def number_at(content: bytes, at: int, form: str) -> int:
    """Return the number at a place, `form` as in `struct`; raises Malformed beyond the end."""
    try:
        return int(struct.unpack_from(form, content, at)[0])
    except struct.error:
        raise Malformed("the file ends early") from None
