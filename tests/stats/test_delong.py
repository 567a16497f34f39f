import numpy as np
import pytest
from scipy.special import ndtr

from winnow.metrics.ranking import placements
from winnow.stats.delong import MeanAuroc, auroc_difference_interval
from winnow.stats.groups import Groups, independent
from winnow.stats.intervals import Interval


def _delong_by_pairs(scores: np.ndarray, is_positive: np.ndarray) -> float:
    """DeLong's variance from all pairs, as in the paper."""
    positives, negatives = scores[is_positive], scores[~is_positive]
    order = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    return order.mean(axis=1).var(ddof=1) / len(positives) + order.mean(axis=0).var(ddof=1) / len(negatives)


def _interval(scores: np.ndarray, is_positive: np.ndarray, groups: Groups) -> Interval | None:
    return _area(scores, is_positive, groups).interval(0.95)


def _area(scores: np.ndarray, is_positive: np.ndarray, groups: Groups) -> MeanAuroc:
    area = MeanAuroc(groups)
    area.add(placements(scores, is_positive), is_positive)
    return area


def test_independent_samples_get_delongs_variance() -> None:
    generator = np.random.default_rng(0)
    is_positive = np.arange(60) < 17
    scores = (generator.normal(size=60) + is_positive).round(1)
    variance = _area(scores, is_positive, independent(60)).variance
    assert variance == pytest.approx(_delong_by_pairs(scores, is_positive), rel=1e-9)


def test_tenfold_copies_in_groups_add_no_certainty() -> None:
    generator = np.random.default_rng(1)
    is_positive = np.arange(60) < 20
    scores = generator.normal(size=60) + is_positive
    once = _area(scores, is_positive, independent(60))
    tenfold = _area(np.repeat(scores, 10), np.repeat(is_positive, 10), Groups(np.repeat(np.arange(60), 10), 60))
    assert tenfold.value == pytest.approx(once.value)
    assert tenfold.variance == pytest.approx(once.variance)


def _coverage(num_groups: int, num_members: int, num_runs: int) -> tuple[float, float]:
    """How often the interval covers the truth, and how often one would that ignores the groups."""
    generator = np.random.default_rng(2)
    codes = np.repeat(np.arange(num_groups), num_members)
    groups, pretended = Groups(codes, num_groups), independent(len(codes))
    truth = ndtr(1.5 / np.sqrt(2))
    covered = np.zeros(2)
    for _ in range(num_runs):
        is_positive = generator.random(len(codes)) < 0.4
        shared = generator.normal(size=num_groups)[codes] if num_members > 1 else 0.0
        noise = np.sqrt(0.6) * shared + np.sqrt(0.4 if num_members > 1 else 1.0) * generator.normal(size=len(codes))
        if num_members > 1:  # whole groups are of one kind, as with patients
            is_positive = (np.arange(num_groups) % 5 < 2)[codes]
        for kind, assumed in enumerate((groups, pretended)):
            low, high = _interval(noise + 1.5 * is_positive, is_positive, assumed)
            covered[kind] += low <= truth <= high
    return tuple(covered / num_runs)


def test_the_interval_covers_the_truth_for_independent_samples() -> None:
    covered, same = _coverage(80, 1, 400)
    assert covered == same
    assert 0.92 <= covered <= 0.98


def test_the_interval_covers_the_truth_for_groups_and_ignoring_them_does_not() -> None:
    covered, pretended = _coverage(60, 6, 300)
    assert 0.90 <= covered <= 0.985
    assert pretended < 0.8


def test_the_mean_over_classes_covers_the_truth() -> None:
    generator = np.random.default_rng(3)

    def draw(num_samples: int) -> tuple[np.ndarray, np.ndarray]:
        targets = np.arange(num_samples) % 4
        scores = generator.normal(size=(num_samples, 4))
        scores[np.arange(num_samples), targets] += np.array([0.5, 1.0, 1.5, 3.0])[targets]
        return targets, scores

    def judge(targets: np.ndarray, scores: np.ndarray) -> MeanAuroc:
        area = MeanAuroc(independent(len(targets)))
        for label in range(4):
            area.add(placements(scores[:, label], targets == label), targets == label)
        return area

    truth = judge(*draw(200_000)).value
    intervals = [judge(*draw(120)).interval(0.95) for _ in range(250)]
    assert 0.92 <= np.mean([low <= truth <= high for low, high in intervals]) <= 0.98


def test_perfect_order_is_bounded_by_the_pairs_that_share_nothing() -> None:
    is_positive = np.arange(30) < 10
    assert _interval(is_positive * 1.0, is_positive, independent(30)) == (pytest.approx(0.025 ** (1 / 10)), 1.0)
    assert _interval(~is_positive * 1.0, is_positive, independent(30)) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))


def test_a_perfect_mean_over_classes_is_bounded_too() -> None:
    targets = np.arange(40) % 4
    area = MeanAuroc(independent(40))
    for label in range(4):
        area.add(placements((targets == label) * 1.0, targets == label), targets == label)
    assert area.interval(0.95) == (pytest.approx(0.025 ** (1 / 20)), 1.0)


def test_one_positive_is_no_witness() -> None:
    is_positive = np.arange(10) == 3
    assert _interval(np.arange(10.0), is_positive, independent(10)) is None
    assert np.isnan(_area(np.arange(10.0), is_positive, independent(10)).variance)


def test_perfect_order_of_classes_too_small_to_pair_has_no_interval() -> None:
    """Two groups for each class, and both of them hold all classes: no two pairs are independent."""
    targets = np.arange(6) % 3
    area = MeanAuroc(Groups(np.repeat([0, 1], 3), 2))
    for label in range(3):
        area.add(placements((targets == label) * 1.0, targets == label), targets == label)
    assert area.value == 1
    assert area.interval(0.95) is None


def test_a_class_with_one_witness_counts_as_varying_like_the_others() -> None:
    generator = np.random.default_rng(4)
    many, one = np.arange(50) < 20, np.arange(50) < 1
    area = MeanAuroc(independent(50))
    area.add(placements(generator.normal(size=50) + many, many), many)
    alone = area.variance
    area.add(placements(generator.normal(size=50) + one, one), one)
    assert area.variance == pytest.approx(alone / 2)


def _two_models(generator: np.random.Generator, num_samples: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    is_positive = generator.random(num_samples) < 0.4
    shared = generator.normal(size=num_samples)
    base, head = (0.9 * shared + 0.44 * generator.normal(size=num_samples) + gain * is_positive for gain in (1.2, 1.5))
    return is_positive, base, head


def test_the_difference_of_two_areas_has_delongs_variance() -> None:
    """Covariances of the structural components, as in the paper, and the contrast (-1, 1)."""
    is_positive, base, head = _two_models(np.random.default_rng(5), 80)
    areas = [_area(scores, is_positive, independent(80)) for scores in (base, head)]
    components = np.stack([placements(scores, is_positive) for scores in (base, head)])
    covariance = sum(np.cov(components[:, rows]) / np.count_nonzero(rows) for rows in (is_positive, ~is_positive))
    deviation = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    difference = areas[1].value - areas[0].value
    low, high = auroc_difference_interval(*areas, 0.95)
    reach = 1.959963984540054 * deviation
    assert (low, high) == pytest.approx((difference - reach, difference + reach), rel=1e-9)
    assert auroc_difference_interval(*areas[::-1], 0.95) == pytest.approx((-high, -low))


def test_what_two_models_have_in_common_cancels() -> None:
    is_positive, base, head = _two_models(np.random.default_rng(6), 400)
    base_area, head_area = (_area(scores, is_positive, independent(400)) for scores in (base, head))
    low, high = auroc_difference_interval(base_area, head_area, 0.95)
    apart = 1.96 * np.sqrt(base_area.variance + head_area.variance)
    assert high - low < 1.2 * apart


def test_the_difference_covers_the_truth() -> None:
    generator = np.random.default_rng(7)
    covered = 0
    for _ in range(300):
        is_positive, base, head = _two_models(generator, 200)
        areas = [_area(scores, is_positive, independent(200)) for scores in (base, head)]
        low, high = auroc_difference_interval(*areas, 0.95)
        covered += low <= ndtr(1.5 / np.sqrt(2 * 1.0036)) - ndtr(1.2 / np.sqrt(2 * 1.0036)) <= high
    assert 0.91 <= covered / 300 <= 0.98


def test_two_perfect_models_differ_by_no_more_than_either_may_miss() -> None:
    is_positive = np.arange(30) < 10
    perfect = _area(is_positive * 1.0, is_positive, independent(30))
    reach = 1 - 0.025 ** (1 / 10)
    assert auroc_difference_interval(perfect, perfect, 0.95) == pytest.approx((-reach, reach))


def test_one_positive_tells_nothing_about_a_difference() -> None:
    is_positive = np.arange(10) == 3
    area = _area(np.arange(10.0), is_positive, independent(10))
    assert auroc_difference_interval(area, area, 0.95) is None
