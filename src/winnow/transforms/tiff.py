"""What Pillow does not look at in a TIFF, and libtiff tells only the screen."""

import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

# TIFF 6.0, section 2, and BigTIFF: how a count of entries, an offset and an entry are laid out. As Pillow reads them:
# also with the bytes of the version exchanged, and BigTIFF by the third byte alone.
_VERSIONS = (b"*\0", b"\0*", b"+\0", b"\0+")
_CLASSIC = ("H", "I", "HHI4x")
_BIG = ("Q", "Q", "HHQ8x")
_HEADER_BYTES = 16
_NUMBERS = frozenset((3, 4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 18))
"""Types whose values become Python objects one by one; the others are bytes."""

_MAX_NUMBERS = 200_000
"""In one tag: a strip a row, three planes, of the tallest picture that other formats know."""

# How the samples of a pixel are stored, together or in planes; Pillow reads six planes at most.
_PLANAR_CONFIGURATION = 0x011C
_SEPARATE = 2
_MAX_PLANES = 6

# The process has one stderr: threads take turns.
_TURN = threading.Lock()


def require_modest_tags(content: bytes) -> None:
    """Raise ValueError when a tag of the first directory holds so many numbers that reading them would fill memory.

    `content` is a TIFF, or the EXIF of another format; what is neither is left to those who decode it.
    """
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if order is None or content[2:4] not in _VERSIONS or len(content) < _HEADER_BYTES:
        return
    count, offset, entry = (f"{order}{layout}" for layout in (_BIG if content[2:3] == b"+" else _CLASSIC))
    (start,) = struct.unpack_from(offset, content, struct.calcsize(offset))
    if start + struct.calcsize(count) > len(content):
        return
    (num_entries,) = struct.unpack_from(count, content, start)
    first, size = start + struct.calcsize(count), struct.calcsize(entry)
    for at in range(first, min(first + num_entries * size, len(content) - size + 1), size):
        tag, kind, numbers = struct.unpack_from(entry, content, at)
        if kind in _NUMBERS and numbers > _MAX_NUMBERS:
            raise ValueError(f"its tag {tag} claims {numbers} numbers")


def require_all_strips(image: Image.Image) -> None:
    """Raise ValueError when the strips or tiles of an opened TIFF do not cover it.

    Pillow would leave the rest black, and a few bytes would become a picture of any size.
    """
    tiles = getattr(image, "tile", ())
    if not tiles or tiles[0].codec_name == "libtiff":
        return
    needed = image.width * image.height
    planes = len(image.getbands()) if image.tag_v2.get(_PLANAR_CONFIGURATION) == _SEPARATE else 1  # type: ignore[attr-defined]
    covered = sum((right - left) * (lower - upper) for left, upper, right, lower in (tile.extents for tile in tiles))
    if not needed * planes <= covered <= needed * _MAX_PLANES:
        raise ValueError(f"its strips hold {covered} pixels of {needed}")


@contextmanager
def silent_libtiff() -> Iterator[None]:
    """Keep what libtiff itself prints about a broken file off the screen; Pillow has no switch for it."""
    with _TURN:
        try:
            stderr = os.dup(2)
        except OSError:  # nobody listens
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(nowhere)
            os.close(stderr)
