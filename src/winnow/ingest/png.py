"""PNG without compression: bytes that are the same on every system, whatever zlib it has.

An image's id is the hash of its bytes. Pixels that come as arrays are encoded here, so that the same array has the
same id everywhere; a compressed PNG changes with the version of zlib.
Formats: PNG (ISO/IEC 15948:2004), zlib (RFC 1950), stored blocks of deflate (RFC 1951, section 3.2.4).
"""

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_BLOCK = 65535


def encode_gray(pixels: bytes, *, width: int, height: int) -> bytes:
    """Return an 8-bit gray PNG of `pixels`, row by row, `width * height` bytes."""
    if len(pixels) != width * height:
        raise ValueError(f"expected {width * height} pixels, got {len(pixels)}")
    # Each row begins with its filter: 0, none.
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", _store(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _store(content: bytes) -> bytes:
    """Return `content` as a zlib stream of stored blocks."""
    blocks = [content[start : start + _MAX_BLOCK] for start in range(0, len(content), _MAX_BLOCK)]
    stream = b"".join(
        struct.pack("<BHH", block is blocks[-1], len(block), len(block) ^ 0xFFFF) + block for block in blocks
    )
    return b"\x78\x01" + stream + struct.pack(">I", zlib.adler32(content))
