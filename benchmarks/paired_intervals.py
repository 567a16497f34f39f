"""Why these intervals: the coverage of what could stand in their place, for a difference of two models.

Accuracy: the lowest coverage over true differences from none to as large as the disagreement allows, summed exactly
over all tables, for the score interval of Tango (Statist. Med. 17 (1998) 891-908) and the adjusted Wald intervals of
Agresti & Min (Statist. Med. 24 (2005) 729-740) and Bonett & Price (2012). Balanced accuracy and macro-F1: simulated,
for the influence function with and without two pseudo images, and the percentile interval of a paired bootstrap.

Expected: never below 94 % in the columns that winnow uses, except where classes have a handful of images.
Three minutes; `paired_intervals.py 20` is a quick try.
"""

import argparse
from collections.abc import Callable

import numpy as np
from _pictures import say
from numpy.typing import NDArray
from scipy import stats

from winnow.metrics.classification import Decisions
from winnow.stats.bootstrap import percentile_interval
from winnow.stats.groups import independent
from winnow.stats.intervals import Interval, normal_quantile
from winnow.stats.paired import mean_difference_interval

Floats = NDArray[np.float64]
Ends = tuple[Floats, Floats]

CONFIDENCE = 0.95
Z = normal_quantile(CONFIDENCE)
BOOTSTRAPS = 300
BISECTIONS = 50


def adjusted_wald(fixed: Floats, broken: Floats, size: int, pseudo: float) -> Ends:
    """Return Wald's interval with `pseudo` images more on either side, of two in all."""
    up, down = (fixed + pseudo) / (size + 2), (broken + pseudo) / (size + 2)
    reach = Z * np.sqrt((up + down - (up - down) ** 2) / (size + 2))
    return up - down - reach, up - down + reach


def tango(fixed: Floats, broken: Floats, size: int) -> Ends:
    """Return the differences at which Tango's score statistic is +-z, by bisection."""
    difference = (fixed - broken) / size
    ends = []
    for sign in (1, -1):
        near, far = difference.copy(), np.full(len(fixed), -1.0 * sign)
        for _ in range(BISECTIONS):
            middle = (near + far) / 2
            is_inside = sign * tango_score(fixed, broken, size, middle) <= Z
            near, far = np.where(is_inside, middle, near), np.where(is_inside, far, middle)
        ends.append(near)
    return ends[0], ends[1]


def tango_score(fixed: Floats, broken: Floats, size: int, difference: Floats) -> Floats:
    linear = -fixed - broken + (2 * size - fixed + broken) * difference
    constant = -broken * difference * (1 - difference)
    share = (np.sqrt(np.maximum(linear**2 - 8 * size * constant, 0.0)) - linear) / (4 * size)
    variance = size * (2 * share + difference * (1 - difference))
    score: Floats = (fixed - broken - size * difference) / np.sqrt(np.maximum(variance, 1e-300))
    return score


METHODS: dict[str, Callable[[Floats, Floats, int], Ends]] = {
    "Tango": tango,
    "Agresti & Min": lambda fixed, broken, size: adjusted_wald(fixed, broken, size, 0.5),
    "**Bonett & Price**": lambda fixed, broken, size: adjusted_wald(fixed, broken, size, 1.0),
}


def least_coverage(size: int, moves: int) -> list[float]:
    """Return the lowest exact coverage of each method where `moves` images are expected to move."""
    lowest = np.ones(len(METHODS))
    for part in np.linspace(0, 1, 11):
        up, down = (1 + part) * moves / size / 2, (1 - part) * moves / size / 2
        ranges = [np.arange(*stats.binom.interval(1 - 1e-10, size, share) + np.array([0, 1])) for share in (up, down)]
        fixed, broken = (grid.ravel().astype(np.float64) for grid in np.meshgrid(*ranges, indexing="ij"))
        is_table = fixed + broken <= size
        fixed, broken = fixed[is_table], broken[is_table]
        weight = stats.binom.pmf(fixed, size, up) * stats.binom.pmf(broken, size - fixed, down / (1 - up))
        for index, method in enumerate(METHODS.values()):
            low, high = method(fixed, broken, size)
            is_covered = (low <= up - down + 1e-12) & (up - down - 1e-12 <= high)
            lowest[index] = min(lowest[index], weight[is_covered].sum())
    return lowest.tolist()


def draw(generator: np.random.Generator, size: int, prior: Floats, shares: Floats) -> tuple[Decisions, Decisions]:
    """Return both sides of a pull request; `shares` of fixed, broken, both right, both wrong."""
    num_classes = len(prior)
    targets = generator.choice(num_classes, p=prior, size=size)
    kind = generator.choice(4, p=shares, size=size)
    wrong = (targets + generator.integers(1, 3, size=size)) % num_classes
    base = np.where((kind == 1) | (kind == 2), targets, wrong)
    head = np.where((kind == 0) | (kind == 2), targets, wrong)
    return Decisions(targets, base, num_classes), Decisions(targets, head, num_classes)


def bootstrap(base: Decisions, head: Decisions, metric: str, generator: np.random.Generator) -> Interval | None:
    """Return the percentile interval of the difference, drawn image by image for both sides at once."""
    size = len(base.targets)
    differences = np.empty(BOOTSTRAPS)
    for index in range(BOOTSTRAPS):
        rows = generator.integers(size, size=size)
        sides = (Decisions(side.targets[rows], side.predicted[rows], side.num_classes) for side in (base, head))
        before, after = (getattr(side, metric) for side in sides)
        differences[index] = after - before
    return percentile_interval(differences, CONFIDENCE)


def coverage(metric: str, size: int, prior: Floats, shares: Floats, num_runs: int) -> list[float]:
    """Return how often each interval covers the truth: with pseudo images, without, bootstrap."""
    generator = np.random.default_rng(0)
    before, after = (getattr(side, metric) for side in draw(generator, 2_000_000, prior, shares))
    truth = after - before
    covered = np.zeros(3)
    for _ in range(num_runs):
        base, head = draw(generator, size, prior, shares)
        difference = getattr(head, metric) - getattr(base, metric)
        influence = getattr(head, f"{metric}_influence")() - getattr(base, f"{metric}_influence")() + difference
        weights = size / (len(base.tested) * base.support[base.tested])
        weight, groups = float(np.sqrt(np.mean(weights**2))), independent(size)
        intervals = [
            mean_difference_interval(influence, groups, CONFIDENCE, pseudo_weight=weight),
            mean_difference_interval(influence, groups, CONFIDENCE, pseudo_weight=0.0),
            bootstrap(base, head, metric, generator),
        ]
        covered += [each is not None and each.low <= truth <= each.high for each in intervals]
    return [float(share) for share in covered / num_runs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_runs", type=int, nargs="?", default=500)
    num_runs = parser.parse_args().num_runs
    print("Accuracy: lowest coverage (%), by how many images are expected to move.\n")
    print(f"| images | expected to move | {' | '.join(METHODS)} |\n|{'---:|' * (2 + len(METHODS))}")
    for size in (50, 500, 10_000):
        for moves in (2, 5, 10, 20, 40, 200):
            if moves <= size / 2:
                say(f"{size} images, {moves} moves")
                cells = " | ".join(f"{100 * share:.1f}" for share in least_coverage(size, moves))
                print(f"| {size:,} | {moves} | {cells} |")
    print(f"\nMeans over classes: coverage (%) in {num_runs:,} pull requests.\n")
    print("| metric | images | classes | base | fixed | broken | **with pseudo images** | without | paired bootstrap |")
    print("|---|---:|---|---:|---:|---:|---:|---:|---:|")
    priors = {"10, equal": np.full(10, 0.1), "10, 1 to 10": np.geomspace(1, 10, 10) / np.geomspace(1, 10, 10).sum()}
    for metric in ("balanced_accuracy", "macro_f1"):
        for name, prior in priors.items():
            for size, right, fixed, broken in (
                (500, 0.99, 0.003, 0.007),
                (500, 0.9, 0.03, 0.02),
                (2_000, 0.99, 0.005, 0.01),
            ):
                say(f"{metric}, {size} images, {name}")
                shares = np.array([fixed, broken, right - broken, 1 - right - fixed])
                cells = " | ".join(f"{100 * share:.1f}" for share in coverage(metric, size, prior, shares, num_runs))
                print(f"| {metric} | {size:,} | {name} | {right} | {fixed:.1%} | {broken:.1%} | {cells} |")


if __name__ == "__main__":
    main()
