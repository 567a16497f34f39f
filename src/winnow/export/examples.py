"""Which training images show what a class is, as small pictures; for projects that disclose pictures alone."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from winnow.data.prepared import PreparedSplit
from winnow.disclosure import Disclosure
from winnow.examples import EXAMPLES, write_examples
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

NUM_EACH = 3
MANY_CLASSES = 1000
"""Beyond these one picture of each class has to do, so that the file stays small."""
MAX_PX = 96
LOSSLESS_PX = 32
_QUALITY = 70

Pixels = NDArray[np.uint8]


def export_examples(folder: Path, train: PreparedSplit, disclosure: Disclosure) -> None:
    """Write `examples.zip` into `folder`: pictures of each class, drawn from the training images and no others.

    Where the project does not disclose pictures, nothing is written.
    """
    if not disclosure.may_show_pictures:
        return
    chosen = choose(train.targets, len(train.meta.labels))
    write_examples(folder / EXAMPLES, [[draw(pixels, train.spec) for pixels in train.gather(rows)] for rows in chosen])


def choose(targets: NDArray[np.int64], num_classes: int) -> list[NDArray[np.int64]]:
    """Return the rows to show of each class: its first ones.

    `targets` [N] are sorted by the images' ids. Ids are hashes of bytes, so the first ones are as good as drawn, and a
    new image seldom changes them.
    """
    num_each = NUM_EACH if num_classes <= MANY_CLASSES else 1
    rows = np.argsort(targets, kind="stable")
    bounds = np.searchsorted(targets[rows], np.arange(num_classes + 1))
    return [rows[start : min(end, start + num_each)] for start, end in pairwise(bounds)]


def draw(pixels: Pixels, spec: PreprocessSpec) -> bytes:
    """Return a picture as WebP: what the model sees, uint8 [size, size, channels], at most 96 px on a side.

    Up to 32 px every pixel is kept as it is.
    """
    if spec.size > MAX_PX:
        pixels = preprocess(_as_image(pixels), spec.model_copy(update={"size": MAX_PX, "resample": "bicubic"}))
    stream = io.BytesIO()
    _as_image(pixels).save(stream, "WEBP", lossless=spec.size <= LOSSLESS_PX, quality=_QUALITY)
    return stream.getvalue()


def _as_image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
