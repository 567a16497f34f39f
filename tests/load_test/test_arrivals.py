import itertools
from statistics import fmean, pstdev

import pytest

from winnow.load_test.arrivals import arrivals


def test_they_come_in_order_at_the_rate_that_was_asked_for() -> None:
    times = list(arrivals(50, 100, seed=1))
    assert times == sorted(times)
    assert times[0] > 0
    assert times[-1] < 100
    assert len(times) == pytest.approx(5000, rel=0.05)


def test_their_pauses_are_as_irregular_as_those_of_a_poisson_process() -> None:
    pauses = [after - before for before, after in itertools.pairwise(arrivals(50, 100, seed=2))]
    assert pstdev(pauses) == pytest.approx(fmean(pauses), rel=0.1)


def test_a_seed_gives_the_same_arrivals_again() -> None:
    assert list(arrivals(9, 20, seed=3)) == list(arrivals(9, 20, seed=3))
    assert list(arrivals(9, 20, seed=3)) != list(arrivals(9, 20, seed=4))
