"""Where in a picture a class is seen: parts are covered, and what the model then says is noted.

Nothing but answers is asked of the model, so that any exported file can be explained.
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from winnow.serving.model import Pixels
from winnow.transforms.spec import PreprocessSpec

Method = Literal["occlusion", "rise"]
METHODS: tuple[Method, ...] = ("occlusion", "rise")
GRID = 7
MAX_GRID = 14
MASKS = 96
MAX_MASKS = 256
_CHUNK = 1  # a prediction that comes now waits for no more than one answer
_KEPT = 0.5
_DIGITS = 5

Heat = NDArray[np.float32]
Ask = Callable[[Pixels], NDArray[np.float32]]
"""From pixels uint8 [B, size, size, channels] to the probability of the class, [B]."""


class Wanted(NamedTuple):
    """How a picture is to be explained."""

    method: Method = "occlusion"
    grid: int = GRID
    """Cells along each side of the map."""

    masks: int = MASKS
    """Of `rise`: how many."""


def occlusion(pixels: Pixels, ask: Ask, wanted: Wanted) -> Heat:
    """Return by how much the probability falls when a cell is covered with the picture's mean colour, [grid, grid].

    M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2.
    """
    fill = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
    edges = _edges(len(pixels), wanted.grid)
    cells = [(row, column) for row in range(wanted.grid) for column in range(wanted.grid)]
    whole = float(ask(pixels[None])[0])
    heat = np.zeros((wanted.grid, wanted.grid), dtype=np.float32)
    for chunk in _chunks(cells):
        covered = np.repeat(pixels[None], len(chunk), axis=0)
        for picture, (row, column) in zip(covered, chunk, strict=True):
            picture[edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = fill
        for (row, column), probability in zip(chunk, ask(covered), strict=True):
            heat[row, column] = whole - probability
    return heat


def rise(pixels: Pixels, ask: Ask, wanted: Wanted) -> Heat:
    """Return the mean probability over random masks that leave a cell visible, less the mean over all, [grid, grid].

    V. Petsiuk et al., "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018. The same masks
    for every picture.
    """
    size, rng = len(pixels), np.random.default_rng(0)
    fill = pixels.mean(axis=(0, 1)).astype(np.float32)
    visible = np.zeros((wanted.grid, wanted.grid), dtype=np.float64)
    weighted = np.zeros_like(visible)
    total = 0.0
    for chunk in _chunks(list(range(wanted.masks))):
        kept = rng.random((len(chunk), wanted.grid + 1, wanted.grid + 1)) < _KEPT
        masks = np.stack([_smooth(cells, size, rng) for cells in kept])[..., None]
        shown = (pixels * masks + fill * (1 - masks)).round().astype(np.uint8)
        probabilities = ask(shown).astype(np.float64)
        pooled = np.stack([_pool(mask[..., 0], wanted.grid) for mask in masks])
        visible += pooled.sum(axis=0)
        weighted += (pooled * probabilities[:, None, None]).sum(axis=0)
        total += float(probabilities.sum())
    heat: Heat = (weighted / np.maximum(visible, 1e-9) - total / wanted.masks).astype(np.float32)
    return heat


def explain(pixels: Pixels, ask: Ask, wanted: Wanted) -> Heat:
    """Return the map of a picture [size, size, channels] by the method that is wanted."""
    return {"occlusion": occlusion, "rise": rise}[wanted.method](pixels, ask, wanted)


def num_evaluations(wanted: Wanted) -> int:
    """Return how many pictures the model is asked about."""
    return wanted.masks + 1 if wanted.method == "rise" else wanted.grid**2 + 2


def region(spec: PreprocessSpec, width: int, height: int) -> list[float]:
    """Return what the map covers: left, top, right, bottom as parts of the picture's width and height.

    Below 0 and above 1 where the picture was padded.
    """
    if spec.fit == "stretch":
        return [0.0, 0.0, 1.0, 1.0]
    side = min(width, height) if spec.fit == "crop" else max(width, height)
    beside, above = (1 - side / width) / 2, (1 - side / height) / 2
    return [round(value, _DIGITS) for value in (beside, above, 1 - beside, 1 - above)]


def _edges(size: int, grid: int) -> list[int]:
    return [round(index * size / grid) for index in range(grid + 1)]


def _chunks(items: list[int] | list[tuple[int, int]]) -> Iterator[list]:  # type: ignore[type-arg] # of either kind
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def _smooth(cells: NDArray[np.bool_], size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a mask [size, size] in 0-1: cells blown up between their centres, moved by a part of a cell."""
    grid = len(cells) - 1
    offsets = rng.random(2)
    places = [np.arange(size) * grid / size + offset for offset in offsets]
    values = cells.astype(np.float32)
    for axis, place in enumerate(places):
        low = np.minimum(place.astype(np.int64), grid)
        high = np.minimum(low + 1, grid)
        share = (place - low).astype(np.float32)
        share = share[:, None] if axis == 0 else share[None, :]
        values = np.take(values, low, axis=axis) * (1 - share) + np.take(values, high, axis=axis) * share
    return values


def _pool(mask: NDArray[np.float32], grid: int) -> NDArray[np.float64]:
    edges = _edges(len(mask), grid)
    rows = np.add.reduceat(mask.astype(np.float64), edges[:-1], axis=0)
    sums = np.add.reduceat(rows, edges[:-1], axis=1)
    counts = np.diff(edges)
    pooled: NDArray[np.float64] = sums / (counts[:, None] * counts[None, :])
    return pooled
