"""JPEG 2000 without what was written about the picture (ISO/IEC 15444-1, annexes A and I)."""

import struct

from winnow.ingest.containers import Malformed, number_at

_KEPT = frozenset((b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef"))
_START, _TILE, _TILE_DATA, _END, _COMMENT = 0xFF4F, 0xFF90, 0xFF93, 0xFFD9, 0xFF64
_TILE_HEADER_BYTES = 12


def strip_jpeg2000(content: bytes, _orientation: int) -> bytes:
    """Return the file without XML, UUID and unknown boxes and without comments. It knows no orientation.

    Raises Malformed for a comment inside of a tile: lengths hang on it.
    """
    return _strip_codestream(content) if _is_codestream(content) else _strip_boxes(content)


def _is_codestream(content: bytes) -> bool:
    return content[:2] == struct.pack(">H", _START)


def _strip_boxes(content: bytes) -> bytes:
    kept, at = [], 0
    while at < len(content):
        length, kind = number_at(content, at, ">I"), content[at + 4 : at + 8]
        end = at + length if length else len(content)
        if end < at + 8 or end > len(content):
            raise Malformed("a box that does not fit")
        body = content[at + 8 : end]
        if kind == b"jp2h":
            body = _strip_boxes(body)
        elif kind == b"jp2c":
            body = _strip_codestream(body)
        if kind in _KEPT:
            kept.append(struct.pack(">I", len(body) + 8) + kind + body)
        at = end
    return b"".join(kept)


def _strip_codestream(content: bytes) -> bytes:
    """Drop comments from the main header, and what follows the last tile."""
    kept, at = [content[:2]], 2
    while (marker := number_at(content, at, ">H")) != _TILE:
        end = _end_of_segment(content, at)
        if marker != _COMMENT:
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, content[at : _end_of_tiles(content, at)], struct.pack(">H", _END)])


def _end_of_tiles(content: bytes, at: int) -> int:
    while number_at(content, at, ">H") == _TILE:
        length = number_at(content, at + 6, ">I")
        inner = at + _TILE_HEADER_BYTES
        while (marker := number_at(content, inner, ">H")) != _TILE_DATA:
            if marker == _COMMENT:
                raise Malformed("a comment inside of a tile")
            inner = _end_of_segment(content, inner)
        if not length:
            # The last tile may leave its length out: it reaches to the end.
            return len(content.removesuffix(struct.pack(">H", _END)))
        if at + length < inner:
            raise Malformed("a tile that does not fit")
        at += length
    if number_at(content, at, ">H") != _END:
        raise Malformed("no end where one is due")
    return at


def _end_of_segment(content: bytes, at: int) -> int:
    end = at + 2 + number_at(content, at + 2, ">H")
    if number_at(content, at, ">H") < _START or end > len(content):
        raise Malformed("a segment that does not fit")
    return end
