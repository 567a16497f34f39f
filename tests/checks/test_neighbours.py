import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from winnow.checks import neighbours as module
from winnow.checks.neighbours import near_pairs


def naive(hashes: np.ndarray, max_distance: int) -> set[tuple[int, int]]:
    pairs = set()
    for one in range(len(hashes)):
        for other in range(one + 1, len(hashes)):
            distances = [
                int(np.bitwise_count(hashes[one, own] ^ hashes[other, its]))
                for own, its in ((0, 0), (0, 1), (1, 0))
                if max(own, its) < hashes.shape[1]
            ]
            if min(distances) <= max_distance:
                pairs.add((one, other))
    return pairs


def as_set(pairs: np.ndarray) -> set[tuple[int, int]]:
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    return set(map(tuple, pairs.tolist()))


def random_hashes(count: int, views: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, (count, views), dtype=np.uint64)


def flip(hashes: np.ndarray, num_bits: int, seed: int = 1) -> np.ndarray:
    """Return the hashes with so many bits flipped in each."""
    rng = np.random.default_rng(seed)
    flips = [sum(1 << int(bit) for bit in rng.choice(64, num_bits, replace=False)) for _ in hashes]
    return hashes ^ np.array(flips, dtype=np.uint64)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12), st.lists(st.tuples(*[st.integers(0, 2**64 - 1)] * 2), max_size=12), st.integers(0, 2**10))
def test_a_small_set_is_compared_in_full(max_distance: int, hashes: list[tuple[int, int]], mask: int) -> None:
    made = np.array([*hashes, *((one ^ mask, other) for one, other in hashes)], dtype=np.uint64).reshape(-1, 2)
    assert as_set(near_pairs(made, max_distance)) == naive(made, max_distance)


def test_one_view_is_enough_and_second_views_are_not_compared_with_each_other() -> None:
    hashes = random_hashes(20, 1)
    assert as_set(near_pairs(np.concatenate([hashes, hashes]), 0)) == {(at, at + 20) for at in range(20)}
    unlike = np.column_stack([random_hashes(20, 1), np.zeros((20, 1), dtype=np.uint64)])
    assert len(near_pairs(unlike, 4)) == 0


@pytest.mark.parametrize(("num_bits", "share"), [(0, 1.0), (4, 1.0), (8, 0.9)])
def test_near_hashes_are_found_in_a_large_set_without_comparing_all(
    monkeypatch: pytest.MonkeyPatch, num_bits: int, share: float
) -> None:
    monkeypatch.setattr(module, "_COMPARISONS", 1 << 20)  # a hundredth of all pairs
    hashes = random_hashes(6000)
    copies = np.column_stack([flip(hashes[:500, 0], num_bits), random_hashes(500, 1, seed=2)[:, 0]])
    found = as_set(near_pairs(np.concatenate([hashes, copies]), 8))
    assert len(found & {(at, 6000 + at) for at in range(500)}) >= share * 500
    assert len(found) < 510


def test_a_set_of_equal_hashes_costs_no_more_than_any_other_and_hangs_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_COMPARISONS", 1 << 16)
    monkeypatch.setattr(module, "_MAX_PAIRS", 6000)
    pairs = near_pairs(np.full((3000, 1), 12345, dtype=np.uint64), 8)
    assert len(pairs) <= 6000
    graph = coo_array((np.ones(len(pairs)), pairs.T), shape=(3000, 3000))
    assert connected_components(graph, directed=False)[0] == 1


def test_of_too_many_pairs_the_nearest_are_kept_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    base = random_hashes(1, 1)
    hashes = np.concatenate([base, base, flip(np.repeat(base, 300, axis=0).ravel(), 3)[:, None]])
    monkeypatch.setattr(module, "_MAX_PAIRS", 100)
    with caplog.at_level(logging.INFO, logger="winnow"):
        pairs = near_pairs(hashes, 12)
    assert (0, 1) in as_set(pairs)
    assert len(pairs) <= 100
    assert "hashes are so alike" in caplog.text


def test_no_image_has_no_neighbour() -> None:
    for count in (0, 1):
        assert near_pairs(random_hashes(count), 64).shape == (0, 2)
