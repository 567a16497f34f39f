import numpy as np
import pytest

from winnow.metrics.calibration import Reliability, reliability
from winnow.stats.bootstrap import Resampling, group_counts, percentile_interval, resampled_rows, total_gap_interval
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
