"""What a picture's edges look like from afar: blurred gradients at 12 x 12, whose cosine tells pictures from copies.

Brightness and contrast do not matter, compression and resizing hardly, and a crop only by what it shifts. All sums
are of whole numbers, hence exact: the result does not depend on the order in which a system adds.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GRID = 12
_BLUR = 0.05
"""Standard deviation as a share of the size: wider than alignments are off by, narrower than what pictures show."""
_WEIGHT = 2**14
_UNITS = 16
"""Brightness is measured in sixteenths of a gray level."""
_MIN_CONTRAST = 0.5
"""Steps of less than half a gray level (root mean square) are noise."""
_LENGTH = 2**11
"""Of a gradient vector. The product of two is at most its square, which float32 represents exactly."""


def num_gradients(channels: int) -> int:
    """Return the length of a picture's vector: steps down and steps right, per channel."""
    return channels * 2 * _GRID * (_GRID - 1)


def to_gradients(pixels: NDArray[np.uint8], *, crop: float) -> NDArray[np.int16]:
    """Return gradients [N, num_gradients] of square pictures [N, size, size, channels], scaled to one length.

    `crop` is the share of the size that is cut from each side first. A picture without contrast has none: zeros.
    """
    num_pictures, size, _, channels = pixels.shape
    sampler = _sampler(size, crop)
    # Sums of at most 255 * 2**14 are exact in float32, and twice as fast.
    rows = sampler.astype(np.float32) @ pixels.reshape(num_pictures, size, size * channels).astype(np.float32)
    small = sampler @ rows.reshape(num_pictures, _GRID, size, channels).astype(np.float64)
    small = np.rint(small * (_UNITS / _WEIGHT**2))
    half = num_gradients(channels) // 2
    steps = np.concatenate([np.diff(small, axis=axis).reshape(num_pictures, half) for axis in (1, 2)], axis=1)
    length = np.sqrt(np.square(steps).sum(axis=1, keepdims=True))
    has_contrast = length >= _MIN_CONTRAST * _UNITS * np.sqrt(steps.shape[1])
    gradients: NDArray[np.int16] = np.rint(has_contrast * steps * (_LENGTH / np.maximum(length, 1))).astype(np.int16)
    return gradients


def cosines(ones: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float32]:
    """Return the cosines between gradients [A, dims] and [B, dims], [A, B]; 0 for one without contrast."""
    products: NDArray[np.float32] = ones.astype(np.float32, copy=False) @ others.astype(np.float32, copy=False).T
    return products / np.float32(_LENGTH**2)


def paired_cosines(ones: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float32]:
    """Return the cosines between gradients [P, dims] and [P, dims], pair by pair, [P]; else as `cosines`."""
    products = np.einsum("pd,pd->p", ones.astype(np.float32), others.astype(np.float32))
    return np.asarray(products / np.float32(_LENGTH**2))


@cache
def _sampler(size: int, crop: float) -> NDArray[np.float64]:
    """Return weights [grid, size], whole numbers, that blur the uncropped middle of a side and sample it."""
    points = crop + (np.arange(_GRID) + 0.5) / _GRID * (1 - 2 * crop)
    distances = points[:, None] - (np.arange(size) + 0.5) / size
    weights = np.exp(-0.5 * np.square(distances / _BLUR))
    sampler: NDArray[np.float64] = np.rint(weights / weights.sum(axis=1, keepdims=True) * _WEIGHT)
    return sampler
