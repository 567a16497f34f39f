"""Small pictures in the modes that real uploads have; PNG is made here, JPEG needs an encoder and is kept as text."""

import base64
import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.release.errors import SmokeError

_WIDTH, _HEIGHT = 32, 24
_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif"}
_MAX_OWN = 200


@dataclass(frozen=True)
class Picture:
    """A file's content as a client sends it."""

    name: str
    content: bytes
    content_type: str


def pictures() -> list[Picture]:
    """Return a picture for each mode."""
    modes: list[tuple[str, int, int, Callable[[int, int], bytes]]] = [
        ("gray of 8 bits", 8, 0, lambda x, y: bytes([_wave(x, y)])),
        ("gray of 16 bits", 16, 0, lambda x, y: struct.pack(">H", _wave(x, y) * 257)),
        ("gray with alpha", 8, 4, lambda x, y: bytes([_wave(x, y), 8 * x])),
        ("color", 8, 2, lambda x, y: bytes([8 * x, 10 * y, _wave(x, y)])),
        ("color with alpha", 8, 6, lambda x, y: bytes([8 * x, 10 * y, _wave(x, y), 8 * x])),
        ("palette", 8, 3, lambda x, y: bytes([(x + y) % 4])),
    ]
    made = [Picture(f"PNG, {name}", _png(depth, kind, pixel), "image/png") for name, depth, kind, pixel in modes]
    kept = {"gray": _JPEG_L, "color": _JPEG_RGB, "CMYK": _JPEG_CMYK}
    stored = [Picture(f"JPEG, {name}", base64.b64decode(text), "image/jpeg") for name, text in kept.items()]
    bits = Picture("PNG, gray of 1 bit", _png_of_rows(1, 0, [b"\xcc\xcc\xcc\xcc"] * _HEIGHT), "image/png")
    return [*made, bits, *stored]


def own_pictures(folder: Path | None) -> list[Picture]:
    """Return the user's pictures in a folder, at most 200, by name. Raises SmokeError when there is none."""
    if folder is None:
        return []
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _TYPES and path.is_file())
    if not paths:
        raise SmokeError(f"{folder} has no picture ({', '.join(_TYPES)})")
    return [Picture(path.name, path.read_bytes(), _TYPES[path.suffix.lower()]) for path in paths[:_MAX_OWN]]


def _wave(x: int, y: int) -> int:
    return int(127 + 120 * math.sin(x * y / 20))


def _png(depth: int, kind: int, pixel: Callable[[int, int], bytes]) -> bytes:
    rows = [b"".join(pixel(x, y) for x in range(_WIDTH)) for y in range(_HEIGHT)]
    return _png_of_rows(depth, kind, rows)


def _png_of_rows(depth: int, kind: int, rows: list[bytes]) -> bytes:
    """Return a PNG (ISO/IEC 15948, section 11.2) of rows without filters."""
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, depth, kind, 0, 0, 0)
    palette = _chunk(b"PLTE", bytes([200, 30, 30, 30, 200, 30, 30, 30, 200, 240, 240, 240])) if kind == 3 else b""  # noqa: PLR2004
    pixels = _chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + palette + pixels + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


# 32 x 24 pixels, quality 30.
_JPEG_L = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j"
    "q62rZ4C8ybqmx5moq6T/wAALCAAYACABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAwIF/8QAIRAAAgIBBAIDAAAAAAAAAAAAAQIA"
    "AxESITFBImFxgaH/2gAIAQEAAD8AyK6PUUVqOoqVk8JFWo96RJFeEESugAamjLUSMnxEZKR0v2ZApyVEZastk8CKtWcEj4EZat99"
    "z+Cf/9k="
)
_JPEG_RGB = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j"
    "q62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk"
    "pKSkpKSkpKT/wAARCAAYACADASIAAhEBAxEB/8QAGAABAQEBAQAAAAAAAAAAAAAAAwAEAgX/xAAhEAACAgEEAgMAAAAAAAAAAAAA"
    "AQIDERIhMUEiYXGBof/EABcBAAMBAAAAAAAAAAAAAAAAAAMEBQb/xAAgEQACAgEDBQAAAAAAAAAAAAABAwACESIx8FFxgaHB/9oA"
    "DAMBAAIRAxEAPwDyK6PQqriujQq8QQldCS1SHGOxpr5MGpsCFbfEBY1PvSjRGptZfihoUrqP2xazT1+epTU2cKnLiho1Zll8IiAX"
    "scnmwmcVYxY1Zw2vhDRq333f4iIASedsymqxn//Z"
)
_JPEG_CMYK = (
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAbEhQXFBEbFxYXHhwbIChCKyglJShROj0wQmBVZWRfVV1baniZgWpxkHNbXYW1hpCeo6ut"
    "q2eAvMm6pseZqKuk/8AAFAgAGAAgBEMRAE0RAFkRAEsRAP/EABoAAQEAAwEBAAAAAAAAAAAAAAAFAgMEBgH/xAAlEAABBAEEAwAC"
    "AwAAAAAAAAABAAIDBEEFERRhITFREiQycdH/2gAOBEMATQBZAEsAAD8Ag18KHxul306jJIw948L0yp18Jxulrt3tOqH8TGHu+Iqd"
    "fCcbpc0d+eyf1dLaR9cPCKnXwnG6WT3W2Ded2n1x8cASi8NXwrHG6W+/a4mkMLf5PHhFTr4TjdLgpU4a1fn6h5J8tacoqdfCcbpb"
    "XS2rkRlllFGkPW3guCKnXwnG6WETIg0yVarGxj3Ztn3/AEEXhq+FY43S2agw2bOnVcFocUVOvhON0vkxjuXpJZjtSpjbbDiip18J"
    "xuli9xlcy1ajMj3natVHrb6UVOvhON0vrg58pMpZYnZ5cXHaGv8A6UX/2Q=="
)
