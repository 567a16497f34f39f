"""Admission: one file or array is read and decoded, and becomes a record or a refusal. Runs in workers."""

from collections.abc import Iterable, Iterator

from winnow.data.parts import ImageRecord, image_id
from winnow.ingest.metadata import strip
from winnow.ingest.names import SHORTEN, is_storable
from winnow.ingest.quarantine import Refusal
from winnow.ingest.source_item import SourceItem
from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.image_file import read_image_file

CHUNK_ITEMS = 256
CHUNK_BYTES = 4_000_000

Outcome = tuple[SourceItem, ImageRecord | Refusal]


def chunked(items: Iterable[SourceItem]) -> Iterator[list[SourceItem]]:
    """Yield items in chunks of at most 256 items and about 4 MB, so that memory does not depend on their sizes."""
    chunk: list[SourceItem] = []
    num_bytes = 0
    for item in items:
        if chunk and (len(chunk) == CHUNK_ITEMS or num_bytes + item.num_bytes > CHUNK_BYTES):
            yield chunk
            chunk, num_bytes = [], 0
        chunk.append(item)
        num_bytes += item.num_bytes
    if chunk:
        yield chunk


def admit_chunk(items: list[SourceItem], *, max_pixels: int) -> list[Outcome]:
    """Return each item with its record or its refusal, in order."""
    return [(item, _admit(item, max_pixels)) for item in items]


def _admit(item: SourceItem, max_pixels: int) -> ImageRecord | Refusal:
    try:
        content = item.content
        if content is None:
            assert item.path is not None, "an item has bytes or a path"
            content = read_image_file(item.path)
        _require_label(item.label)
        image = decode(content, max_pixels=max_pixels)
        if item.strip_metadata:
            content, image = strip(content, image, max_pixels=max_pixels)
    except ImageProblem as problem:
        return Refusal(item.name, problem.check, problem.message)
    return ImageRecord(
        id=image_id(content),
        bytes=content,
        format=image.format or "",
        mode=image.mode,
        width=image.width,
        height=image.height,
    )


def _require_label(label: str | None) -> None:
    if label is None:
        message = "expected a class folder around it, or --label NAME for the files beside the class folders"
        raise ImageProblem("Q204", message, hint="move it into a folder with its class's name")
    if not is_storable(label):
        raise ImageProblem("Q207", f"expected a shorter class name, got {label[:40]!r} …", hint=SHORTEN)
