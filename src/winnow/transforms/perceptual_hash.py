"""A 64-bit fingerprint that changes little when a picture is re-encoded or resized.

pHash: which of the 8 x 8 lowest frequencies of a gray picture lie above their median (C. Zauner, "Implementation and
Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1). A picture and a slightly cropped copy of it have
hashes that differ a lot; to find such copies, hash both a second time with their edges cut away.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

_FREQUENCIES = 8
# On the way, a byte of a gray picture takes eight.
_BLOCK_BYTES = 1 << 19


def hash_pixels(pixels: NDArray[np.uint8], *, crop: float) -> NDArray[np.uint64]:
    """Return the hashes, uint64 [N], of square pictures, uint8 [N, size, size, channels].

    `crop` is the share of the size that is cut from each side first. An alpha channel counts as a colour.
    """
    step = max(1, _BLOCK_BYTES // pixels[:1].size) if len(pixels) else 1
    blocks = [_hash_block(pixels[at : at + step], crop) for at in range(0, len(pixels), step)]
    return np.concatenate([np.empty(0, dtype=np.uint64), *blocks])


def _hash_block(pixels: NDArray[np.uint8], crop: float) -> NDArray[np.uint64]:
    gray = pixels.sum(axis=3, dtype=np.float64)
    basis = _basis(pixels.shape[1], crop)
    frequencies = (basis @ gray @ basis.T).reshape(len(pixels), _FREQUENCIES**2)
    median = np.median(frequencies, axis=1, keepdims=True)
    return np.packbits(frequencies > median, axis=1).view(">u8").astype(np.uint64).ravel()


@cache
def _basis(size: int, crop: float) -> NDArray[np.float64]:
    """Return the frequencies 0-7 of the DCT-II over the uncropped middle of `size` pixels, [8, size].

    The values are whole numbers (2**14 stands for 1), so that every sum on the way to the hash is exact: a picture has
    one hash on every system. A pixel that the crop cuts through counts in part.
    """
    edge = crop * size
    pixel = np.arange(size)
    inside = np.clip(np.minimum(pixel + 1, size - edge) - np.maximum(pixel, edge), 0.0, 1.0)
    position = (pixel + 0.5 - edge) / (size - 2 * edge)
    cosines = np.cos(np.pi * np.arange(_FREQUENCIES)[:, None] * position)
    basis: NDArray[np.float64] = np.round(inside * cosines * 2**14)
    return basis
