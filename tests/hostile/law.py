"""The law: a file is accepted exactly, or it is refused with an id and a reason."""

import hashlib
import io
import warnings

from PIL import Image, ImageOps

from winnow.data.parts import ImageRecord
from winnow.ingest.admission import admit_chunk
from winnow.ingest.quarantine import CHECKS, Refusal
from winnow.ingest.source_item import SourceItem
from winnow.transforms.decode import decode

MAX_PIXELS = 2_000_000


def outcome(content: bytes, *, strip_metadata: bool = False) -> ImageRecord | Refusal:
    """Return what becomes of a file with this content."""
    item = SourceItem(name="x", label="cat", content=content, strip_metadata=strip_metadata)
    [(_, found)] = admit_chunk([item], max_pixels=MAX_PIXELS)
    return found


def breach(content: bytes, found: ImageRecord | Refusal) -> str:
    """Return how an outcome breaks the law; empty when it does not."""
    return _of_refusal(found) if isinstance(found, Refusal) else _of_record(content, found)


def _of_refusal(refusal: Refusal) -> str:
    if refusal.check not in CHECKS:
        return f"unknown check {refusal.check}"
    if not refusal.reason or not refusal.reason.isprintable():
        return f"no line of text as the reason: {refusal.reason!r}"
    return ""


def _of_record(content: bytes, record: ImageRecord) -> str:
    ours, theirs = decode(content, max_pixels=MAX_PIXELS), pillows(content)
    same = {
        "bytes": (record.bytes, content),
        "id": (record.id, hashlib.sha256(content).hexdigest()[:20]),
        "mode": (record.mode, theirs.mode),
        "size": ((record.width, record.height), theirs.size),
        "picture": ((ours.mode, ours.size, ours.tobytes()), (theirs.mode, theirs.size, theirs.tobytes())),
    }
    return ", ".join(name for name, (got, expected) in same.items() if got != expected)


def pillows(content: bytes) -> Image.Image:
    """Return the picture as Pillow itself decodes it and turns it upright; with broken EXIF, as it is stored."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = Image.open(io.BytesIO(content))
        image.load()
        try:
            return ImageOps.exif_transpose(image)
        except Exception:  # noqa: BLE001 - Pillow raises anything at all on broken EXIF
            return image
