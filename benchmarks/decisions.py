"""How often the verdict is wrong: simulated pull requests, judged by the functions that judge a real one.

Each is two models on the same test images: a share of the images (the disagreement) is right with one of them only. The
models are equal, or one is better by half a point, by the margin of one point, or by two. "Plain" is the usual report:
two numbers, and the larger wins. Coverage is also summed over all tables that can occur, without any noise. Power is
held against the exact test's theoretical power.

Expected: false changes and false "equivalent" at most 5 %, power within 2 points of theory, coverage 94-97 % where 20
images or more are expected to move, never below 94 %. About five minutes; `decisions.py 200` is a quick try.
"""

import argparse
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from _pictures import say
from _simulation import ALPHA, MARGIN, Cell, GroupCell, Rates, simulate, simulate_groups, with_sign
from scipy import stats

from winnow.stats.mcnemar import exact_power

SIZES, BASES, DISAGREEMENTS = (500, 2_000, 10_000), (0.7, 0.9, 0.99), (0.02, 0.05, 0.1)
DIFFERENCES = (0.0, 0.005, 0.01, 0.02)
FEW = 20
WORKERS = 2


def pct(share: float) -> str:
    return f"{100 * share:.1f}"


def with_interval(share: float, num_runs: int) -> str:
    """Return a rate with its own 95 % interval (Clopper & Pearson)."""
    ends = stats.binomtest(round(share * num_runs), num_runs).proportion_ci(0.95)
    return f"{pct(share)} ({pct(ends.low)}-{pct(ends.high)})"


def span(values: Iterable[float]) -> str:
    ordered = sorted(values)
    return f"{pct(ordered[0])}-{pct(ordered[-1])}"


def rows(rates: dict[Cell, Rates], num_runs: int) -> Iterator[str]:
    """Yield the row of each kind of test set."""
    for size, base, disagreement in product(SIZES, BASES, DISAGREEMENTS):
        cells = [with_sign(size, base, disagreement, difference) for difference in DIFFERENCES]
        known = [cell for cell in cells if cell is not None]
        equal, by_margin = cells[0], cells[2]
        if equal is None or by_margin is None:
            continue
        none, one = rates[equal], rates[by_margin]
        powers = [
            f"{pct(rates[cell].changed)} / {pct(exact_power(size, disagreement, cell.difference, ALPHA))}"
            for cell in known
            if cell.difference in {MARGIN, -MARGIN, 0.02, -0.02}
        ]
        columns = [
            f"{size:,}",
            f"{base}",
            f"{disagreement:.0%}",
            with_interval(none.changed, num_runs),
            pct(none.plain_changed),
            f"{pct(one.wrong_way)} / {pct(one.plain_wrong_way)}",
            with_interval(one.equivalent, num_runs),
            *powers,
            span(rates[cell].covered for cell in known),
            span(rates[cell].covered_exactly for cell in known),
        ]
        yield f"| {' | '.join(columns)} |"


def report(rates: dict[Cell, Rates], num_runs: int) -> None:
    """Print the table of independent images, and what it comes to."""
    print(f"{num_runs:,} pull requests a cell; {ALPHA:.0%} two-sided, margin {MARGIN}; all in %.\n")
    print("| images | base | disagree | equal: called a change | plain | by the margin: wrong way / plain ", end="")
    print('| called "equivalent" | 1 point: found / theory | 2 points: found / theory | covered | covered, exactly |')
    print(f"|{'---:|' * 11}")
    print(*rows(rates, num_runs), sep="\n")
    left_out = [
        f"{base} with {disagreement:.0%}"
        for base, disagreement in product(BASES, DISAGREEMENTS)
        if with_sign(SIZES[0], base, disagreement, 0.0) is None
    ]
    print(f"\nLeft out, because so few mistakes cannot be fixed so often: {', '.join(left_out)}.")
    many = [cell for cell in rates if cell.expected_moves >= FEW]
    gaps = [
        abs(rates[cell].changed - exact_power(cell.size, cell.disagreement, cell.difference, ALPHA)) for cell in rates
    ]
    print(
        f"\nFalse changes at most {pct(max(rates[cell].changed for cell in rates if cell.difference == 0))}; ", end=""
    )
    worst = max(rates[cell].equivalent for cell in rates if abs(cell.difference) == MARGIN)
    print(f'false "equivalent" at most {pct(worst)}; power at most {pct(max(gaps))} points from theory; ', end="")
    print(
        f"exact coverage {span(rates[cell].covered_exactly for cell in many)} where {FEW} images or more are ", end=""
    )
    print(f"expected to move, {span(each.covered_exactly for each in rates.values())} everywhere.\n")


def report_groups(results: dict[GroupCell, tuple[float, float, float, float]], num_runs: int) -> None:
    """Print the table of images in groups."""
    print(
        f"{num_runs:,} pull requests a cell whose images come in groups, and copy their group's draw with the ", end=""
    )
    print("probability given (squared, it is their correlation).\n")
    print("| images | a group | copying | disagree | equal: called a change | plain McNemar | covered ", end="")
    print('| by the margin: called "equivalent" | covered |')
    print(f"|{'---:|' * 9}")
    for cell, (changed, plain, _, covered) in results.items():
        if cell.difference:
            continue
        shifted = GroupCell(cell.size, cell.members, cell.copying, cell.disagreement, MARGIN)
        _, _, equivalent, covered_shifted = results[shifted]
        print(f"| {cell.size:,} | {cell.members} | {cell.copying:.3g} | {cell.disagreement:.0%} ", end="")
        print(f"| {with_interval(changed, num_runs)} | {pct(plain)} | {pct(covered)} ", end="")
        print(f"| {with_interval(equivalent, num_runs)} | {pct(covered_shifted)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_runs", type=int, nargs="?", default=5_000)
    num_runs = parser.parse_args().num_runs
    found = (with_sign(*each) for each in product(SIZES, BASES, DISAGREEMENTS, DIFFERENCES))
    cells = [cell for cell in found if cell is not None]
    kinds = product(SIZES, (3, 10), (0.6, round(0.6**0.5, 3)), (0.02, 0.05), (0.0, MARGIN))
    group_cells = [GroupCell(*kind) for kind in kinds]
    with ProcessPoolExecutor(WORKERS) as pool:
        say(f"{len(cells)} cells of independent images")
        rates = dict(zip(cells, pool.map(simulate, cells, [num_runs] * len(cells)), strict=True))
        say(f"{len(group_cells)} cells of images in groups")
        results = pool.map(simulate_groups, group_cells, [num_runs // 2] * len(group_cells))
        groups = dict(zip(group_cells, results, strict=True))
    report(rates, num_runs)
    report_groups(groups, num_runs // 2)


if __name__ == "__main__":
    main()
