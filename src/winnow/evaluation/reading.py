"""A chunk of a batch: files are read, decoded and made the pixels that the model expects. Runs in workers, no torch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.data.parts import image_id
from winnow.errors import MachineError
from winnow.evaluation.listing import Entry
from winnow.evaluation.object_storage import is_url, read_objects
from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.image_file import MAX_FILE_BYTES, read_image_file
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

CHUNK_ENTRIES = 256
CHUNK_BYTES = 4_000_000
"""Of files, and of pixels: what is in flight does not depend on their sizes."""

_LACKING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
"""Whatever else goes wrong (a stale mount, a broken disk) is not the image's fault, and may be mended."""


@dataclass(frozen=True)
class Chunk:
    """Some entries of one shard, in their order."""

    shard: int
    entries: list[Entry]


@dataclass(frozen=True)
class Images:
    """What became of a chunk, entry by entry."""

    shard: int
    names: list[str]
    ids: list[str | None]
    """None where there were no bytes."""

    refused: list[str]
    """Check and reason; empty for an image."""

    pixels: NDArray[np.uint8]
    """[images that were not refused, size, size, channels]."""


def chunked(entries: Iterable[tuple[int, Entry]], spec: PreprocessSpec) -> Iterator[Chunk]:
    """Yield chunks of entries that come with the number of their shard.

    A chunk has at most 256 entries, about 4 MB of files and 4 MB of pixels, one shard and one kind of place.
    """
    max_entries = max(1, min(CHUNK_ENTRIES, CHUNK_BYTES // spec.sample_bytes))
    chunk: list[Entry] = []
    key: tuple[int, str] | None = None
    num_bytes = 0
    for shard, entry in entries:
        here = (shard, _kind(entry))
        is_full = len(chunk) == max_entries or num_bytes + entry.num_bytes > CHUNK_BYTES
        if chunk and key is not None and (is_full or here != key):
            yield Chunk(key[0], chunk)
            chunk, num_bytes = [], 0
        chunk.append(entry)
        num_bytes += entry.num_bytes
        key = here
    if key is not None:
        yield Chunk(key[0], chunk)


def read_chunk(chunk: Chunk, *, spec: PreprocessSpec, max_pixels: int) -> Images:
    """Return the images of a chunk.

    A file that is no usable image is refused with the check that `winnow add` would quarantine it under. Raises
    MachineError when a disk or a storage fails.
    """
    ids: list[str | None] = []
    refused: list[str] = []
    pixels: list[NDArray[np.uint8]] = []
    for content in _contents(chunk.entries):
        ids.append(image_id(content) if isinstance(content, bytes) else None)
        try:
            if isinstance(content, ImageProblem):
                raise content
            pixels.append(preprocess(decode(content, max_pixels=max_pixels), spec))
            refused.append("")
        except ImageProblem as problem:
            refused.append(f"{problem.check} {problem.message}")
    shape = (len(pixels), spec.size, spec.size, spec.channels)
    names = [entry.name for entry in chunk.entries]
    return Images(chunk.shard, names, ids, refused, np.array(pixels, dtype=np.uint8).reshape(shape))


def _kind(entry: Entry) -> str:
    return entry.place.partition("://")[0] if is_url(entry.place) else ""


def _contents(entries: Sequence[Entry]) -> Iterator[bytes | ImageProblem]:
    """Yield each entry's bytes, or why there are none."""
    wanted = [entry.place for entry in entries if is_url(entry.place) and entry.num_bytes <= MAX_FILE_BYTES]
    objects = iter(read_objects(wanted))
    for entry in entries:
        if not is_url(entry.place):
            yield _read_file(entry.place)
        elif entry.num_bytes > MAX_FILE_BYTES:
            message = f"expected at most {MAX_FILE_BYTES} bytes, got {entry.num_bytes}"
            yield ImageProblem("Q205", message, hint="")
        else:
            content = next(objects)
            yield content if content is not None else ImageProblem("Q202", "cannot be read: no such object", hint="")


def _read_file(path: str) -> bytes | ImageProblem:
    try:
        return read_image_file(path)
    except ImageProblem as problem:
        reason = problem.__context__
        if isinstance(reason, OSError) and not isinstance(reason, _LACKING):
            raise MachineError(
                f"{path} {problem.message}",
                hint="mend the disk or the mount; the same command goes on where it stopped",
            ) from problem
        return problem
