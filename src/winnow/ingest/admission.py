"""Admission: one file or array is read, decoded and hashed, and becomes a record or a refusal. Runs in workers."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from winnow.data.parts import ImageRecord, image_id
from winnow.ingest.quarantine import Refusal
from winnow.ingest.source_item import SourceItem
from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.perceptual_hash import perceptual_hash

CHUNK_ITEMS = 256
CHUNK_BYTES = 4_000_000

MAX_FILE_BYTES = 256_000_000
"""A larger file is refused unread. Arrow's limit for one batch is 2**31 bytes, a laptop's patience ends earlier."""

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
    return [(item, admit(item, max_pixels=max_pixels)) for item in items]


def admit(item: SourceItem, *, max_pixels: int) -> ImageRecord | Refusal:
    """Return the record of one item, or why it is refused."""
    if item.label is None:
        reason = "expected a class folder around it, or --label NAME for the files beside the class folders"
        return Refusal(item.name, "Q204", reason)
    content = item.content
    if content is None:
        assert item.path is not None, "an item has bytes or a path"
        read = _read(item.path)
        if isinstance(read, tuple):
            return Refusal(item.name, *read)
        content = read
    try:
        image = decode(content, max_pixels=max_pixels)
    except ImageProblem as problem:
        return Refusal(item.name, problem.check, problem.message)
    return ImageRecord(
        id=image_id(content),
        bytes=content,
        format=image.format or "",
        mode=image.mode,
        width=image.width,
        height=image.height,
        perceptual_hash=perceptual_hash(image),
    )


def _read(path: str) -> bytes | tuple[str, str]:
    """Return a file's bytes, or the check and the reason why not."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return "Q201", "symbolic links are not followed: expected the file itself"
        if not stat.S_ISREG(status.st_mode):
            # Opening a pipe would wait for ever. A folder is here when it cannot be listed.
            kind = "a folder that cannot be read" if stat.S_ISDIR(status.st_mode) else "a device, a pipe or a socket"
            return "Q202", f"expected a file, got {kind}"
        if status.st_size > MAX_FILE_BYTES:
            return "Q205", f"expected at most {MAX_FILE_BYTES} bytes, got {status.st_size}"
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return "Q202", f"cannot be read: {reason}"
