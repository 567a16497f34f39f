"""`data/prepared/` kept up to date: pixels of every part, made once, checked, and removed when nothing needs them."""

import shutil
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

from winnow.compute.mapping import map_ordered
from winnow.data.candidates import CANDIDATES
from winnow.data.parts import part_name
from winnow.data.pixels import is_intact, pixels_name, row_bytes, variant, write_pixels
from winnow.data.prepared import INDEX
from winnow.errors import MachineError
from winnow.files import disk_errors
from winnow.logs import progress
from winnow.project_config import Compute
from winnow.transforms.spec import PreprocessSpec

_SPARE_BYTES = 64 << 20
"""The disk keeps at least this much: an index, reports, and other programs."""
_INLINE_IMAGES = 1000
"""Fewer are decoded sooner than processes start."""


def bring_up_to_date(
    folder: Path, parts: Mapping[Path, int], spec: PreprocessSpec, *, compute: Compute = "local"
) -> int:
    """Make the pixels of `parts` (path -> rows) that are missing or damaged; return the number of images decoded.

    What else lies in `folder` is removed, but the index and the candidates. Raises MachineError when the pixels will
    not fit the disk, before any is written; InputError for an image that can no longer be decoded.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        targets = {part: folder / pixels_name(part_name(part), variant(spec)) for part in parts}
        _remove_others(folder, targets.values())
    missing = [part for part, path in targets.items() if not is_intact(path, part_name(part), spec, parts[part])]
    num_missing = sum(parts[part] for part in missing)
    _require_space(folder, num_missing * row_bytes(spec))
    workers = 1 if num_missing < _INLINE_IMAGES else None
    num_decoded = 0
    with progress("prepare", num_missing, "images") as advance:
        tasks = [(part, targets[part]) for part in missing]
        witness = str(missing[0]) if missing else None
        for count in map_ordered(partial(_write, spec), tasks, compute=compute, witness=witness, workers=workers):
            num_decoded += count
            advance(count)
    return num_decoded


def _write(spec: PreprocessSpec, task: tuple[Path, Path]) -> int:
    part, path = task
    return write_pixels(part, spec, path)


def _remove_others(folder: Path, kept: Collection[Path]) -> None:
    """Remove pixels of parts that are gone and of other specs, and what a killed run left half-written."""
    for path in folder.iterdir():
        if path.name not in (INDEX, CANDIDATES) and path not in kept:
            path.unlink()


def _require_space(folder: Path, num_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if num_bytes and free < num_bytes + _SPARE_BYTES:
        raise MachineError(
            f"expected {num_bytes + _SPARE_BYTES:,} free bytes for the prepared pixels in {folder}, got {free:,}",
            hint="free some space, or prepare smaller pixels (prepare.size, prepare.channels)",
        )
