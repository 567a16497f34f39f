"""Which images have hashes that are near, without comparing each with each.

Hashes are sorted, and each is compared with those that follow it closely; then once more with their bits in another
order, some sixteen times (M. Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002, section
4). Near hashes share long runs of bits in some of these orders. The work is bounded whatever the hashes are: a set of
look-alikes, whose hashes are all near, takes no longer than any other. Small sets are compared in full.
"""

import numpy as np
from numpy.typing import NDArray

from winnow.logs import logger, progress

_BITS = 64
_NUM_ORDERS = 16
_COMPARISONS = 1 << 27
"""What a search may cost: a second or two."""
_LEAST_WINDOW = 8
_MAX_PAIRS = 1 << 21
"""The nearest so many pairs are kept."""
_CHUNK_ROWS = 1 << 18

Hashes = NDArray[np.uint64]
Pairs = NDArray[np.intp]


def near_pairs(hashes: NDArray[np.uint64], max_distance: int) -> Pairs:
    """Return pairs [P, 2] of different images, the first one lower, ascending, of which two views are near.

    Takes hashes [N, views] and how many bits may differ. Two second views are never compared: what was cut from both
    sides shows in the first ones.
    """
    num_images, num_views = hashes.shape
    flat = np.ascontiguousarray(hashes.T).ravel()
    found = _Found(num_images, max_distance)
    window, num_orders = _effort(len(flat))
    with progress("near hashes", num_orders, "orders") as advance:
        for number in range(num_orders):
            order = np.argsort(_reordered(flat, number), kind="stable")
            ordered = flat[order]
            for offset in range(1, window + 1):
                distance = np.bitwise_count(ordered[offset:] ^ ordered[:-offset])
                near = np.flatnonzero(distance <= found.max_distance)
                one, other = order[near], order[near + offset]
                keep = (one < num_images) | (other < num_images) if num_views > 1 else slice(None)
                found.add(one[keep] % num_images, other[keep] % num_images, distance[near][keep])
            advance(1)
    if found.max_distance < max_distance:
        logger.info("hashes are so alike that only those within %d bits were compared", found.max_distance)
    return found.pairs()


def _effort(count: int) -> tuple[int, int]:
    """Return how many followers each of `count` hashes is compared with, in how many orders."""
    if count * (count - 1) // 2 <= _COMPARISONS:
        return max(count - 1, 0), 1
    return max(_LEAST_WINDOW, _COMPARISONS // (_NUM_ORDERS * count)), _NUM_ORDERS


def _reordered(hashes: Hashes, number: int) -> Hashes:
    """Return the hashes with their bits in another order: bit k of order n is bit (2n + 1) k + n of the hash."""
    order = ((2 * number + 1) * np.arange(_BITS) + number) % _BITS
    result = np.empty_like(hashes)
    for at in range(0, len(hashes), _CHUNK_ROWS):
        block = hashes[at : at + _CHUNK_ROWS].astype(">u8").view(np.uint8).reshape(-1, _BITS // 8)
        bits = np.ascontiguousarray(np.unpackbits(block, axis=1)[:, order])
        result[at : at + _CHUNK_ROWS] = np.packbits(bits, axis=1).view(">u8").ravel()
    return result


class _Found:
    """The nearest pairs so far, each once. When there are too many, the limit on their distance falls."""

    def __init__(self, num_images: int, max_distance: int) -> None:
        self.max_distance = max_distance
        self._num_images = num_images
        self._keys = np.empty(0, dtype=np.int64)
        self._distances = np.empty(0, dtype=np.uint8)
        self._new: list[tuple[NDArray[np.int64], NDArray[np.uint8]]] = []
        self._num_new = 0

    def add(self, ones: Pairs, others: Pairs, distances: NDArray[np.uint8]) -> None:
        differs = ones != others
        low, high = np.minimum(ones, others)[differs], np.maximum(ones, others)[differs]
        self._new.append((low.astype(np.int64) * self._num_images + high, distances[differs]))
        self._num_new += len(low)
        if self._num_new > _MAX_PAIRS // 2:
            self._merge()

    def pairs(self) -> Pairs:
        self._merge()
        return np.stack(np.divmod(self._keys, max(self._num_images, 1)), axis=1).astype(np.intp)

    def _merge(self) -> None:
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._new)])
        distances = np.concatenate([self._distances, *(each for _, each in self._new)])
        order = np.lexsort((distances, keys))
        keys, distances = keys[order], distances[order]
        is_first = np.r_[True, keys[1:] != keys[:-1]][: len(keys)]
        keys, distances = keys[is_first], distances[is_first]
        if len(keys) > _MAX_PAIRS:
            up_to = np.cumsum(np.bincount(distances))
            # Whole distances are dropped, so that what is kept does not depend on the order of the search.
            self.max_distance = max(0, int(np.searchsorted(up_to, _MAX_PAIRS, side="right")) - 1)
            near = distances <= self.max_distance
            keys, distances = keys[near], distances[near]
        if len(keys) > _MAX_PAIRS:
            # Equal hashes: a few partners each are enough to hang together.
            low = keys // self._num_images
            rank = np.arange(len(keys)) - np.searchsorted(low, low)
            few = rank < max(1, _MAX_PAIRS // self._num_images)
            keys, distances = keys[few], distances[few]
        self._keys, self._distances, self._new, self._num_new = keys, distances, [], 0
