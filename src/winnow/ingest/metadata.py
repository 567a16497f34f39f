"""`add --strip-metadata`: an image keeps its pixels, its colours and its orientation, and loses all that else it says.

Camera, place, time, author, comments, thumbnails, and what a program left there: gone. Where the format allows it the
file is copied piece by piece, so no pixel is encoded again; else the picture is written as PNG, which loses nothing.
Whatever way, the result is decoded and compared: the pixels are the same, or the image is refused.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from winnow.ingest.containers import UPRIGHT, Malformed, strip_gif, strip_jpeg, strip_png, strip_webp
from winnow.ingest.jpeg2000 import strip_jpeg2000
from winnow.ingest.source_item import Source, SourceItem
from winnow.ingest.tiff import strip_tiff
from winnow.transforms.decode import ImageProblem, decode

_STRIPPERS: dict[str, Callable[[bytes, int], bytes]] = {
    "JPEG": strip_jpeg,
    "MPO": strip_jpeg,
    "PNG": strip_png,
    "WEBP": strip_webp,
    "GIF": strip_gif,
    "JPEG2000": strip_jpeg2000,
    "TIFF": strip_tiff,
}
"""By Pillow's name of the format. BMP, PPM, AVIF and what cannot be copied piece by piece become PNG."""

_ORIENTATION = 0x0112
_ORIENTATIONS = range(1, 9)
_AS_PNG = frozenset(("1", "L", "LA", "P", "RGB", "RGBA", "I;16"))


class StrippedSource:
    """A source whose images are to lose their metadata when they are taken in."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.further = source.further
        self.num_repeated_rows = source.num_repeated_rows

    def count(self) -> int:
        """Return how many items there are."""
        return self._source.count()

    def items(self) -> Iterator[SourceItem]:
        """Yield the items, marked."""
        return (replace(item, strip_metadata=True) for item in self._source.items())


def strip(content: bytes, image: Image.Image, *, max_pixels: int) -> tuple[bytes, Image.Image]:
    """Return the file without metadata, and what it decodes to; `image` is what `content` decodes to.

    The same file, or one that differs in metadata alone, gives the same bytes; what was stripped stays as it is.
    Raises ImageProblem (Q107) when the pixels cannot be kept.
    """
    for make in (_copied, _encoded_anew):
        try:
            stripped = make(content, image)
            decoded = decode(stripped, max_pixels=max_pixels)
        except (Malformed, ImageProblem):
            continue
        if _are_alike(image, decoded):
            return stripped, decoded
    message = f"its metadata cannot be removed without changing pixels ({image.format}, mode {image.mode})"
    raise ImageProblem("Q107", message, hint="save it as PNG, or add it without --strip-metadata")


def _copied(content: bytes, image: Image.Image) -> bytes:
    stripper = _STRIPPERS.get(image.format or "")
    if stripper is None:
        raise Malformed("no pieces to tell apart")
    return stripper(content, _orientation(image))


def _orientation(image: Image.Image) -> int:
    """Return the orientation of the stored pixels. A picture that `decode` turned still has its file's EXIF."""
    try:
        orientation = image.getexif().get(_ORIENTATION, UPRIGHT)
    except Exception:  # noqa: BLE001 - as in `decode`: broken metadata do not spoil whole pixels
        return UPRIGHT
    return orientation if orientation in _ORIENTATIONS else UPRIGHT


def _encoded_anew(_content: bytes, image: Image.Image) -> bytes:
    if _is_gray16(image):
        # `decode` has seen that it holds no larger value.
        image = image.convert("I;16")
    if image.mode not in _AS_PNG:
        raise Malformed("pixels that PNG does not hold")
    stream = io.BytesIO()
    try:
        image.save(stream, "PNG", icc_profile=image.info.get("icc_profile"))
    except (OSError, ValueError, TypeError) as error:
        raise Malformed(str(error)) from None
    return strip_png(stream.getvalue(), UPRIGHT)


def _are_alike(one: Image.Image, other: Image.Image) -> bool:
    """Return whether two pictures have the same pixels, palettes and transparency applied."""
    if one.size != other.size:
        return False
    if one.mode != other.mode:
        # PNG gives 16-bit gray back under another name.
        both_gray = _is_gray16(one) and _is_gray16(other)
        return both_gray and np.array_equal(np.asarray(one, dtype=np.int64), np.asarray(other, dtype=np.int64))
    if one.tobytes() != other.tobytes() or one.info.get("transparency") != other.info.get("transparency"):
        return False
    return one.mode not in ("P", "PA") or one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes()


def _is_gray16(image: Image.Image) -> bool:
    return image.mode == "I" or image.mode.startswith("I;16")
