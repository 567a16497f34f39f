import numpy as np
import pytest

from winnow.metrics.calibration import Reliability, reliability
from winnow.stats.bootstrap import (
    Resampling,
    group_counts,
    percentile_interval,
    resampled_rows,
    total_gap_difference_interval,
    total_gap_interval,
)
from winnow.stats.groups import Groups, group_samples, independent

QUICK = Resampling(num_samples=300, seed=0, confidence=0.95)


def test_each_resample_draws_as_many_groups_as_there_are() -> None:
    counts = np.concatenate(list(group_counts(group_samples(["a", "a", "b", "c"]), QUICK)))
    assert counts.shape == (300, 3)
    assert (counts.sum(axis=1) == 3).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(3), abs=0.15)


def test_whole_groups_are_drawn() -> None:
    groups = group_samples(["a", "b", "a", "b", "b"])
    for rows in resampled_rows(groups, QUICK):
        times = np.bincount(rows, minlength=5)
        assert times[0] == times[2]
        assert times[1] == times[3] == times[4]


def test_the_seed_decides_everything_and_the_chunks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = independent(50)
    once = np.concatenate(list(group_counts(groups, QUICK)))
    assert (once == np.concatenate(list(group_counts(groups, QUICK)))).all()
    monkeypatch.setattr("winnow.stats.bootstrap._CHUNK_CELLS", 120)
    assert (once == np.concatenate(list(group_counts(groups, QUICK)))).all()
    other = np.concatenate(list(group_counts(groups, Resampling(300, 1, 0.95))))
    assert (once != other).any()


@pytest.mark.parametrize("num_members", [1, 5])
def test_the_percentile_interval_of_a_mean_covers_the_truth(num_members: int) -> None:
    generator = np.random.default_rng(0)
    groups = Groups(np.repeat(np.arange(50), num_members), 50)
    covered = 0
    for _ in range(200):
        values = generator.normal(size=50)[groups.codes] + 0.3 * generator.normal(size=len(groups.codes))
        sums = groups.sums(values)
        counts = np.concatenate(list(group_counts(groups, QUICK)))
        low, high = percentile_interval(counts @ sums / len(values), 0.95)
        covered += low <= 0 <= high
    assert 0.89 <= covered / 200 <= 0.985


def test_a_score_that_no_resample_changes_has_no_interval() -> None:
    assert percentile_interval(np.ones(200), 0.95) is None


def test_undefined_replicates_are_left_out_and_many_of_them_leave_no_interval() -> None:
    replicates = np.concatenate([np.linspace(0, 1, 101), [np.nan] * 5])
    assert percentile_interval(replicates, 0.9) == pytest.approx((0.05, 0.95))
    assert percentile_interval(np.concatenate([replicates, [np.nan] * 50]), 0.9) is None


def _calibration(generator: np.random.Generator, distortion: float) -> Reliability:
    confidences = generator.uniform(0.5, 1.0, size=400)
    return reliability(confidences, generator.random(400) < confidences - distortion, 15)


@pytest.mark.parametrize("distortion", [0.0, 0.1])
def test_the_calibration_interval_covers_the_truth_with_and_without_miscalibration(distortion: float) -> None:
    generator = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        result = _calibration(generator, distortion)
        low, high = total_gap_interval(result.gaps, result.bins, 15, independent(400), QUICK)
        assert low <= result.calibration_error <= high
        covered += low <= distortion <= high
    assert covered / 200 >= 0.94


def test_the_calibration_interval_draws_whole_groups() -> None:
    result = _calibration(np.random.default_rng(2), 0.1)
    tenfold = (np.repeat(result.gaps, 10), np.repeat(result.bins, 10))
    once = total_gap_interval(result.gaps, result.bins, 15, independent(400), QUICK)
    copies = total_gap_interval(*tenfold, 15, Groups(np.repeat(np.arange(400), 10), 400), QUICK)
    assert copies == pytest.approx(once)
    assert total_gap_interval(*tenfold, 15, Groups(np.zeros(4000, dtype=np.int64), 1), QUICK) is None


def _pair(generator: np.random.Generator, base: float, head: float) -> tuple[np.ndarray, np.ndarray]:
    """Gaps and bins of two models on the same 600 images, each as badly calibrated as said; right on the same ones."""
    confidences, luck = generator.uniform(0.5, 1.0, size=600), generator.random(600)
    noisy = np.clip(confidences + generator.normal(0.0, 0.03, size=600), 0.5, 1.0)
    sides = [
        reliability(confidence, luck < confidence - distortion, 15)
        for confidence, distortion in ((confidences, base), (noisy, head))
    ]
    return np.stack([side.gaps for side in sides]), np.stack([side.bins for side in sides])


@pytest.mark.slow
@pytest.mark.parametrize(("base", "head"), [(0.0, 0.0), (0.0, 0.1), (0.1, 0.0), (0.1, 0.1)])
def test_the_interval_of_a_change_in_calibration_covers_the_truth(base: float, head: float) -> None:
    generator = np.random.default_rng(3)
    intervals = [
        total_gap_difference_interval(*_pair(generator, base, head), 15, independent(600), QUICK) for _ in range(100)
    ]
    assert np.mean([low <= head - base <= high for low, high in intervals]) >= 0.92


def test_a_change_in_calibration_is_found_and_mirrored() -> None:
    gaps, bins = _pair(np.random.default_rng(4), 0.0, 0.25)
    low, high = total_gap_difference_interval(gaps, bins, 15, independent(600), QUICK)
    assert 0.1 < low < 0.25 < high < 0.35
    mirrored = total_gap_difference_interval(gaps[::-1], bins[::-1], 15, independent(600), QUICK)
    assert mirrored == pytest.approx((-high, -low))


def test_a_change_in_calibration_is_judged_by_whole_groups() -> None:
    gaps, bins = _pair(np.random.default_rng(5), 0.0, 0.1)
    tenfold = (np.repeat(gaps, 10, axis=1), np.repeat(bins, 10, axis=1))
    once = total_gap_difference_interval(gaps, bins, 15, independent(600), QUICK)
    copies = total_gap_difference_interval(*tenfold, 15, Groups(np.repeat(np.arange(600), 10), 600), QUICK)
    assert copies == pytest.approx(once)
    assert total_gap_difference_interval(*tenfold, 15, Groups(np.zeros(6000, dtype=np.int64), 1), QUICK) is None


def test_models_that_say_the_same_differ_by_nothing_but_what_noise_may_hide() -> None:
    gaps, bins = _pair(np.random.default_rng(6), 0.0, 0.0)
    low, high = total_gap_difference_interval(
        np.stack([gaps[0]] * 2), np.stack([bins[0]] * 2), 15, independent(600), QUICK
    )
    assert low == pytest.approx(-high)
    assert 0 < high < 0.08
