"""What is sent: real encoded images of mixed sizes, formats and modes, made here or taken from a folder."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from winnow.errors import InputError

TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
MAX_OWN = 1000
_INDEX = "pictures.json"
_SIZES = ((640, 480), (320, 240), (800, 600), (64, 64), (224, 224), (480, 640), (150, 97))
_KINDS: tuple[tuple[str, str], ...] = (
    ("RGB", "JPEG"),
    ("RGB", "PNG"),
    ("L", "JPEG"),
    ("RGBA", "PNG"),
    ("P", "PNG"),
    ("RGB", "WEBP"),
    ("CMYK", "JPEG"),
    ("LA", "PNG"),
    ("P", "GIF"),
    ("I;16", "PNG"),
    ("1", "PNG"),
)


@dataclass(frozen=True)
class Picture:
    """A file as a client sends it."""

    name: str
    content: bytes
    content_type: str


def made_pictures(num: int = 33, seed: int = 0) -> list[Picture]:
    """Return pictures that are generated: every kind in turn, the sizes in another rhythm, so that they mix."""
    rng = np.random.default_rng(seed)
    pictures = []
    for number in range(num):
        mode, file_format = _KINDS[number % len(_KINDS)]
        width, height = _SIZES[number % len(_SIZES)]
        content = _encode(_photo(width, height, rng), mode, file_format)
        name = f"{number:02d} {file_format} {mode} {width}x{height}"
        pictures.append(Picture(name, content, f"image/{file_format.lower()}"))
    return pictures


def own_pictures(folder: Path) -> list[Picture]:
    """Return the files of a folder and those below it, at most 1,000. Raises InputError when there is none."""
    if not folder.is_dir():
        raise InputError(f"expected a folder of pictures at {folder}, found none", hint="without: generated ones")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in TYPES and path.is_file())
    if not paths:
        raise InputError(f"{folder} has no picture", hint=f"looked for {', '.join(TYPES)}")
    return [Picture(path.name, path.read_bytes(), TYPES[path.suffix.lower()]) for path in paths[:MAX_OWN]]


def write_pictures(folder: Path, pictures: Sequence[Picture]) -> None:
    """Write them for the process that asks: it needs neither NumPy nor Pillow then."""
    for number, picture in enumerate(pictures):
        (folder / f"{number}.bin").write_bytes(picture.content)
    index = [[picture.name, picture.content_type] for picture in pictures]
    (folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")


def _photo(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """Return what compresses as photographs do: soft shapes under a little noise."""
    coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    noisy = soft + rng.normal(0, 6, soft.shape).astype(np.int16)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def _encode(photo: Image.Image, mode: str, file_format: str) -> bytes:
    stream = io.BytesIO()
    special = _CONVERT.get(mode)
    image = special(photo) if special else photo.convert(mode)
    image.save(stream, file_format)
    return stream.getvalue()


def _with_alpha(photo: Image.Image) -> Image.Image:
    image = photo.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def _gray_16(photo: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257)


_CONVERT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "RGBA": _with_alpha,
    "LA": lambda photo: _with_alpha(photo).convert("LA"),
    "I;16": _gray_16,
}
