"""What the pictures look like, one number an image and question, from what `prepare` stored beside the pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.checks.originals import Originals, read_originals
from winnow.data.prepared import Samples
from winnow.transforms.appearance import num_border_pixels, num_colors

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Pictures:
    """N pictures with C colours; black is 0, white is 1."""

    index: pa.Table
    """`id, label, group` [N]."""

    originals: Originals
    colors: Floats
    """[N, C], the mean of each colour."""

    contrast: Floats
    """[N], standard deviation within a colour, the mean over the colours."""

    sharpness: Floats
    """[N], variance of the Laplacian, in gray levels squared."""

    border: Floats
    """[N, C], the mean of each colour along the edges."""

    is_constant: NDArray[np.bool_]
    """[N, channels], whether a channel has one value in a picture; alpha is the fourth channel."""

    is_constant_in_set: NDArray[np.bool_]
    """[channels], whether a channel has one value in all pictures."""

    def __len__(self) -> int:
        return int(self.index.num_rows)

    @cached_property
    def classes(self) -> tuple[NDArray[np.int64], list[str]]:
        """The class of each picture as a position, [N], among the names, [K]."""
        return _codes(self.index["label"])

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """[N], equal numbers for pictures that are one witness: those of a group, else each for itself."""
        groups = self.index["group"]
        return _codes(pc.if_else(pc.equal(groups, ""), self.index["id"], groups))[0]

    def ids(self, rows: NDArray[np.intp] | Sequence[int]) -> list[str]:
        """Return the ids of these rows."""
        ids: list[str] = self.index["id"].take(pa.array(rows, pa.int64())).to_pylist()
        return ids


def read_pictures(index: pa.Table, samples: Samples, parts: Sequence[Path]) -> Pictures:
    """Return what the pictures in `index` look like; `samples` are the same, prepared, and `parts` hold them all.

    No pixel is read: the work and the memory are a few numbers an image.
    """
    spec = samples.spec
    num_pixels, colors = spec.size**2, num_colors(spec.channels)
    sums, squares = samples.column("sum"), samples.column("sum_of_squares")
    # Whole numbers below 2**63, up to pictures of 2,048 x 2,048: exact.
    variance = num_pixels * squares - sums**2
    deviation = np.sqrt(variance[:, :colors].astype(np.float64)) / (255 * num_pixels)
    return Pictures(
        # Places are not needed again, and they are long.
        index=index.select(["id", "label", "group"]),
        originals=read_originals(index, parts),
        colors=(sums[:, :colors] / (255 * num_pixels)).astype(np.float32),
        contrast=deviation.mean(axis=1).astype(np.float32),
        sharpness=samples.column("sharpness")[:, 0],
        border=(samples.column("border_sum")[:, :colors] / (255 * num_border_pixels(spec.size))).astype(np.float32),
        is_constant=variance == 0,
        is_constant_in_set=(variance == 0).all(axis=0) & (sums == sums[:1]).all(axis=0),
    )


def _codes(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    encoded = pc.dictionary_encode(column.combine_chunks())
    names: list[Any] = encoded.dictionary.to_pylist()
    return encoded.indices.to_numpy().astype(np.int64), names
