"""What a picture looks like in a few numbers: how sharp it is, and what lies along its edges.

Sums are of whole numbers, hence exact: a picture has the same numbers on every system.
"""

import numpy as np
from numpy.typing import NDArray

_MAX_COLORS = 3
_BLOCK_BYTES = 1 << 19


def num_colors(channels: int) -> int:
    """Return how many of the channels are colours: alpha, the fourth, is none."""
    return min(channels, _MAX_COLORS)


def sharpness(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the variance of the Laplacian of pictures [N, size, size, channels], in gray levels squared, [N].

    J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000: few edges, or soft ones, make
    it small. The gray picture is the mean of the colours; its outermost pixels have no Laplacian.
    """
    step = max(1, _BLOCK_BYTES // pixels[:1].size) if len(pixels) else 1
    blocks = [_sharpness_of_block(pixels[at : at + step]) for at in range(0, len(pixels), step)]
    return np.concatenate([np.empty(0, dtype=np.float32), *blocks])


def _sharpness_of_block(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    colors = num_colors(pixels.shape[3])
    # The sum of three colours, four times over, stays far below 2**15.
    gray = pixels[..., :colors].sum(axis=3, dtype=np.int16)
    edges = 4 * gray[:, 1:-1, 1:-1] - gray[:, :-2, 1:-1] - gray[:, 2:, 1:-1] - gray[:, 1:-1, :-2] - gray[:, 1:-1, 2:]
    edges = edges.reshape(len(pixels), -1)
    mean = edges.sum(axis=1, dtype=np.int64) / edges.shape[1]
    square = np.square(edges, dtype=np.int32).sum(axis=1, dtype=np.int64) / edges.shape[1]
    variance: NDArray[np.float32] = ((square - mean**2) / colors**2).astype(np.float32)
    return variance


def border_sums(pixels: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the sum of the outermost pixels of pictures [N, size, size, channels], per channel, [N, channels]."""
    sums: NDArray[np.uint32] = pixels[:, [0, -1]].sum(axis=(1, 2), dtype=np.uint32)
    sums += pixels[:, 1:-1, [0, -1]].sum(axis=(1, 2), dtype=np.uint32)
    return sums


def num_border_pixels(size: int) -> int:
    """Return how many pixels `border_sums` adds up."""
    return 4 * (size - 1)
