"""Training images that show the same picture as one that judges the model: re-encoded, resized or slightly cropped.

Candidates are pairs whose perceptual hashes are close. A hash alone drowns in false alarms on small images, so pixels
confirm: two pictures differ by 1 - the cosine of their gradients, 0 for equal ones and about 1 for unrelated ones,
under the best of three alignments: as they are, and either one with its edges cut away. How small is small depends on
the pictures (two trousers differ less than two street scenes), so a difference counts in relation to how far the
look-alikes of both pictures are.

Caught: other formats and qualities, sizes down to about half, 2-5 % cut from each side, another brightness or contrast.
Not caught: flips, rotations, heavier crops, added borders and captions, pictures with hardly any contrast (a patch of
sky), copies that lost what told them from their look-alikes (trousers of 28 pixels, shrunk to 14), and what both sides
show many times over (frames of a video): give those one `group`.

`search` and `confirm` ask this of training and judged images, `confirm_within` of given pairs of one set.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from winnow.data.config import NearDuplicatesConfig
from winnow.data.pixels import VIEWS
from winnow.data.prepared import Samples
from winnow.logs import progress
from winnow.transforms.gradients import cosines, num_gradients, paired_cosines, to_gradients

_ALIGNMENTS = ((0, 0), (0, 1), (1, 0))
"""Views of the training image and of the judged one that are compared."""

_LOOK_ALIKE = 5
"""The look-alikes of a picture are as far as its fifth nearest on the other side: so up to four copies stay copies."""
_NEAREST_LOOK_ALIKE = 0.03
"""Look-alikes count as at least this far, so that a picture as good as equal is a copy among however many."""
_MAX_COMPARED = 8192
"""Look-alikes are sought among the first so many images by id: an id is a hash, so these are a fair sample."""

# A rectangle of candidates is compared as a whole (matrix products): the time has a bound, however alike pictures are.
_TRAIN_BLOCK = 8192
_JUDGED_BLOCK = 256
_COMPARED_BLOCK = 256
_HASH_ROWS = 16
_GATHER_BYTES = 1 << 20
_PAIR_BYTES = 1 << 28
"""Of gradients that are kept while pairs are compared one by one."""


@dataclass(frozen=True)
class Nearest:
    """The judged candidate that each training image is most like; of equals, the first."""

    partners: NDArray[np.intp]
    """[N], positions among the judged images; meaningless where there is no candidate."""

    cosines: NDArray[np.float32]
    """[N], of the pair's gradients; -1 where there is no candidate."""

    @classmethod
    def of_none(cls, count: int) -> Self:
        """Return `count` images without a candidate."""
        return cls(np.zeros(count, dtype=np.intp), np.full(count, -1, dtype=np.float32))

    def improve(self, rows: NDArray[np.intp], partners: NDArray[np.intp], cosines: NDArray[np.float32]) -> None:
        """Take the pairs of `rows` (each once) with `partners` [rows] where these are nearer."""
        is_equal_but_first = (cosines == self.cosines[rows]) & (partners < self.partners[rows])
        is_nearer = (cosines > self.cosines[rows]) | (is_equal_but_first & (cosines > -1))
        self.partners[rows[is_nearer]] = partners[is_nearer]
        self.cosines[rows[is_nearer]] = cosines[is_nearer]

    def within(self, max_difference: float) -> NDArray[np.intp]:
        """Return the rows that differ from their partner by at most `max_difference`."""
        return np.flatnonzero(1 - self.cosines <= max_difference)


def search(train: Samples, judged: Samples, config: NearDuplicatesConfig) -> Nearest:
    """Return what each training image is nearest to among the judged images whose hash is near."""
    hashes, judged_hashes = (np.ascontiguousarray(samples.column("hashes").T) for samples in (train, judged))
    nearest = Nearest.of_none(len(train))
    judged_gradients = _LazyGradients(judged, 0, len(judged))
    with progress("near duplicates", len(train), "images") as advance:
        for start in range(0, len(train), _TRAIN_BLOCK):
            block = hashes[:, start : start + _TRAIN_BLOCK]
            gradients = _LazyGradients(train, start, block.shape[1])
            for (one, other), own, others, is_near in _candidates(block, judged_hashes, config.max_distance):
                alike = cosines(judged_gradients.of(others, other), gradients.of(own, one))
                alike[~is_near] = -1
                nearest.improve(start + own, others[alike.argmax(axis=0)], alike.max(axis=0))
            advance(block.shape[1])
    return nearest


def confirm(train: Samples, judged: Samples, nearest: Nearest, config: NearDuplicatesConfig) -> NDArray[np.intp]:
    """Return [P, 2]: positions in `train` of near duplicates, ascending, and in `judged` of what each is nearest to."""
    near = nearest.within(config.max_difference)
    partners = nearest.partners[near]
    others = np.unique(partners)
    distance = _distance_to_look_alikes(train, near, judged)
    distance_of_other = _distance_to_look_alikes(judged, others, train)[np.searchsorted(others, partners)]
    is_copy = _are_copies(1 - nearest.cosines[near], distance, distance_of_other, config)
    return np.stack([near, partners], axis=1)[is_copy]


def confirm_within(samples: Samples, pairs: NDArray[np.intp], config: NearDuplicatesConfig) -> NDArray[np.intp]:
    """Return those of `pairs` [P, 2] (positions in one set) that are near duplicates, in the order they came in."""
    differences = 1 - _pair_cosines(samples, pairs)
    near = differences <= config.max_difference
    pairs, differences = pairs[near], differences[near]
    rows, places = np.unique(pairs, return_inverse=True)
    distance = _distance_to_look_alikes(samples, rows, samples, is_same_set=True)[places].reshape(pairs.shape)
    return pairs[_are_copies(differences, distance[:, 0], distance[:, 1], config)]


def _are_copies(
    differences: NDArray[np.float32],
    distances: NDArray[np.float32],
    distances_of_others: NDArray[np.float32],
    config: NearDuplicatesConfig,
) -> NDArray[np.bool_]:
    """Return which pairs differ little in relation to how far the look-alikes of both are, [P]."""
    scale = np.maximum(np.maximum(distances, distances_of_others), _NEAREST_LOOK_ALIKE)
    return np.asarray(differences <= config.max_difference * scale)


def _candidates(
    train: NDArray[np.uint64], judged: NDArray[np.uint64], max_distance: int
) -> Iterator[tuple[tuple[int, int], NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]]:
    """Yield an alignment, positions in `train` [T] and in `judged` [J], and which of these pairs are near [J, T].

    Takes hashes [views, N]. A view is compared with the view whose hash is near.
    """
    for first in range(0, judged.shape[1], _JUDGED_BLOCK):
        block = judged[:, first : first + _JUDGED_BLOCK]
        for one, other in _ALIGNMENTS:
            is_near = _are_near(block[other], train[one], max_distance)
            own, others = np.flatnonzero(is_near.any(axis=0)), np.flatnonzero(is_near.any(axis=1))
            if len(own):
                yield (one, other), own, first + others, is_near[np.ix_(others, own)]


def _are_near(judged: NDArray[np.uint64], train: NDArray[np.uint64], max_distance: int) -> NDArray[np.bool_]:
    """Return which hashes differ in at most `max_distance` bits, [J, T]."""
    is_near = np.empty((len(judged), len(train)), dtype=np.bool_)
    # A few rows at a time stay in the processor's cache: more than three times as fast as all at once.
    bits = np.empty((_HASH_ROWS, len(train)), dtype=np.uint64)
    counts = np.empty((_HASH_ROWS, len(train)), dtype=np.uint8)
    for at in range(0, len(judged), _HASH_ROWS):
        rows = judged[at : at + _HASH_ROWS, None]
        np.bitwise_xor(rows, train, out=bits[: len(rows)])
        np.bitwise_count(bits[: len(rows)], out=counts[: len(rows)])
        np.less_equal(counts[: len(rows)], max_distance, out=is_near[at : at + len(rows)])
    return is_near


class _LazyGradients:
    """The gradients of `count` samples from `start` on, made when they are first asked for."""

    def __init__(self, samples: Samples, start: int, count: int) -> None:
        self._samples = samples
        self._start = start
        # Pages of zeros that are never written take no memory.
        self._values = np.zeros((len(VIEWS), count, num_gradients(samples.spec.channels)), dtype=np.int16)
        self._is_made = np.zeros((len(VIEWS), count), dtype=np.bool_)

    def of(self, rows: NDArray[np.intp], view: int) -> NDArray[np.int16]:
        """Return the gradients [B, dims] of `rows`, counted from `start`, in one view."""
        missing = rows[~self._is_made[view, rows]]
        self._values[view, missing] = _gradients_of(self._samples, self._start + missing, VIEWS[view])
        self._is_made[view, missing] = True
        gradients: NDArray[np.int16] = self._values[view, rows]
        return gradients


def _gradients_of(samples: Samples, rows: NDArray[np.intp], crop: float) -> NDArray[np.int16]:
    """Return the gradients [B, dims] of `rows`, with few pixels in memory at a time."""
    gradients = np.empty((len(rows), num_gradients(samples.spec.channels)), dtype=np.int16)
    step = max(1, _GATHER_BYTES // samples.spec.sample_bytes)
    for at in range(0, len(rows), step):
        gradients[at : at + step] = to_gradients(samples.gather(rows[at : at + step]), crop=crop)
        samples.release()
    return gradients


def _pair_cosines(samples: Samples, pairs: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return how alike the pictures of each of `pairs` [P, 2] are, under the best alignment, [P]."""
    alike = np.full(len(pairs), -1, dtype=np.float32)
    max_rows = _PAIR_BYTES // (len(VIEWS) * num_gradients(samples.spec.channels) * 2)
    step = len(pairs) if len(np.unique(pairs)) <= max_rows else max_rows // 2
    with progress("confirm near duplicates", len(pairs), "pairs") as advance:
        for start in range(0, len(pairs), max(step, 1)):
            rows, places = np.unique(pairs[start : start + step], return_inverse=True)
            views = [_gradients_of(samples, rows, crop) for crop in VIEWS]
            places = places.reshape(-1, 2)
            for at in range(0, len(places), _COMPARED_BLOCK):
                own, others = places[at : at + _COMPARED_BLOCK].T
                for one, other in _ALIGNMENTS:
                    here = slice(start + at, start + at + len(own))
                    alike[here] = np.maximum(alike[here], paired_cosines(views[one][own], views[other][others]))
                advance(len(own))
    return alike


def _distance_to_look_alikes(
    samples: Samples, rows: NDArray[np.intp], others: Samples, *, is_same_set: bool = False
) -> NDArray[np.float32]:
    """Return how much each of `rows` differs from its look-alikes among `others`, [rows]; 1 where they are too few.

    Where both are one set, a picture is no look-alike of itself.
    """
    distances = np.ones(len(rows), dtype=np.float32)
    num_compared = min(len(others), _MAX_COMPARED)
    if not len(rows) or num_compared < _LOOK_ALIKE + is_same_set:
        return distances
    compared = _gradients_of(others, np.arange(num_compared), VIEWS[0]).astype(np.float32)
    for at in range(0, len(rows), _COMPARED_BLOCK):
        here = slice(at, at + _COMPARED_BLOCK)
        differences = 1 - cosines(_gradients_of(samples, rows[here], VIEWS[0]), compared)
        if is_same_set:
            own = np.flatnonzero(rows[here] < num_compared)
            differences[own, rows[here][own]] = np.inf
        distances[here] = np.partition(differences, _LOOK_ALIKE - 1, axis=1)[:, _LOOK_ALIKE - 1]
    return distances
