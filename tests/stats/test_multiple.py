import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.stats.multiple import holm

p_values = st.lists(st.floats(0, 1), max_size=12)


def _step_down(p: np.ndarray, alpha: float) -> np.ndarray:
    """Holm's own procedure: the k-th smallest is compared with alpha / (T - k + 1); the first miss ends it."""
    rejected = np.zeros(len(p), dtype=bool)
    for rank, index in enumerate(np.argsort(p, kind="stable")):
        if p[index] > alpha / (len(p) - rank):
            break
        rejected[index] = True
    return rejected


def test_adjusted_values_are_those_of_a_table() -> None:
    # The same as R's p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02], abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(p_values, st.sampled_from([0.01, 0.05, 0.2]))
def test_those_at_most_alpha_are_those_that_holms_procedure_rejects(p: list[float], alpha: float) -> None:
    values = np.array(p)
    # Not where a product lands on alpha itself: there the last digit decides.
    if not np.isclose(np.outer(values, np.arange(1, len(p) + 1)), alpha, rtol=1e-9).any():
        assert ((holm(values) <= alpha) == _step_down(values, alpha)).all()


def test_one_test_needs_no_correction_and_none_gives_none() -> None:
    assert holm(np.array([0.03])).tolist() == [0.03]
    assert holm(np.empty(0)).tolist() == []


def test_false_alarms_in_a_family_stay_below_alpha() -> None:
    generator = np.random.default_rng(0)
    families = generator.random((2000, 20))
    alarms = np.mean([holm(p).min() <= 0.05 for p in families])
    assert alarms <= 0.065
    assert np.mean(families.min(axis=1) <= 0.05) > 0.5
