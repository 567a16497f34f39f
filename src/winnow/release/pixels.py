"""Pixels of a commit's images, made anew from their bytes: the prepared ones are on no remote.

Nothing is written into a checkout: parts are read where DVC's cache keeps them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.data.contents import read_rows
from winnow.errors import InputError
from winnow.project import Project
from winnow.repository.listings import open_objects
from winnow.repository.outputs import list_folder_at
from winnow.transforms.decode import decode
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

_BATCH = 64
_HINT = "`dvc push` where the images were added brings them into the remote"


@dataclass(frozen=True)
class Batch:
    """Some images."""

    ids: list[str]
    """[B]."""
    pixels: NDArray[np.uint8]
    """[B, size, size, channels]."""


def read_pixels(project: Project, commit: str, ids: Sequence[str], spec: PreprocessSpec) -> Iterator[Batch]:
    """Yield all images `ids` of a commit, in the order of its parts, a batch at a time.

    Raises InputError for parts that neither the cache nor the remote has, for an image that lies in none, and for one
    that cannot be decoded.
    """
    wanted, num_found = pa.array(sorted(set(ids)), pa.string()), 0
    names: list[str] = []
    pixels: list[NDArray[np.uint8]] = []
    for row in _rows(project, commit, wanted):
        # `add` has judged the size already, by the limit of that day.
        picture = decode(row["bytes"], max_pixels=row["width"] * row["height"])
        names.append(row["id"])
        pixels.append(preprocess(picture, spec))
        if len(names) == _BATCH:
            yield Batch(names, np.stack(pixels))
            num_found += len(names)
            names, pixels = [], []
    if names:
        yield Batch(names, np.stack(pixels))
        num_found += len(names)
    if num_found != len(wanted):
        raise InputError(f"{len(wanted) - num_found:,} of {len(wanted):,} images lie in no part", hint=_HINT)


def _rows(project: Project, commit: str, wanted: pa.Array) -> Iterator[dict[str, Any]]:
    if not len(wanted):
        return
    parts = list_folder_at(project, commit, project.images)
    if not parts:
        raise InputError(f"images.dvc of {commit[:12]} records no part", hint=_HINT)
    with open_objects(project) as objects:
        paths = []
        for name, md5 in sorted(parts.items()):
            objects.read(md5, f"{name} of {commit[:12]}")
            paths.append(objects.path(md5))
        yield from read_rows(paths, wanted, ["bytes", "width", "height"])
