"""Simulated pull requests for `decisions.py`: drawn, and judged by the functions that judge a real one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from winnow.stats.groups import Groups, independent
from winnow.stats.intervals import normal_quantile
from winnow.stats.paired import exact_flip_p, paired_share_interval
from winnow.verdict.judging.decision import decide
from winnow.verdict.record.evidence import Call

ALPHA, MARGIN = 0.05, 0.01

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Cell:
    """One kind of pull request."""

    size: int
    base: float
    disagreement: float
    difference: float

    @property
    def shares(self) -> list[float]:
        """Fixed, broken, both right, both wrong."""
        fixed, broken = (self.disagreement + self.difference) / 2, (self.disagreement - self.difference) / 2
        return [max(share, 0.0) for share in (fixed, broken, self.base - broken, 1 - self.base - fixed)]

    @property
    def is_possible(self) -> bool:
        """Whether the base makes and avoids as many mistakes as are fixed and broken."""
        fixed = (self.disagreement + self.difference) / 2
        return abs(self.difference) <= self.disagreement and fixed <= 1 - self.base + 1e-12

    @property
    def expected_moves(self) -> float:
        """Images that one of the models gets right."""
        return self.size * self.disagreement


@dataclass(frozen=True)
class Rates:
    """What came out of the pull requests of a cell, as shares."""

    changed: float
    wrong_way: float
    equivalent: float
    covered: float
    covered_exactly: float
    plain_changed: float
    plain_wrong_way: float


def judge(differences: Counts, groups: Groups) -> tuple[Call, float, float]:
    """Return the call and both ends of the interval, as the verdict would."""
    interval = paired_share_interval(differences, groups, 1 - ALPHA)
    assert interval is not None
    sums = np.rint(groups.sums(differences.astype(np.float64))).astype(np.int64)
    call, _ = decide(
        difference=float(differences.mean()),
        interval=interval,
        p=exact_flip_p(sums),
        alpha=ALPHA,
        margin=MARGIN,
        direction="higher",
    )
    return call, interval.low, interval.high


def simulate(cell: Cell, num_runs: int) -> Rates:
    """Draw pull requests; each table of fixed and broken images is judged once."""
    seed = [cell.size, *(round(1000 * abs(part)) for part in (cell.base, cell.disagreement, cell.difference))]
    drawn = np.random.default_rng(seed).multinomial(cell.size, cell.shares, size=num_runs)[:, :2]
    tables, times = np.unique(drawn, axis=0, return_counts=True)
    groups = independent(cell.size)
    judged = [
        judge(np.repeat([1, -1, 0], [fixed, broken, cell.size - fixed - broken]), groups) for fixed, broken in tables
    ]
    calls = np.array([call for call, _, _ in judged])
    low, high = np.array([ends for _, *ends in judged]).T
    sign = np.sign(tables[:, 0] - tables[:, 1]) * (1 if cell.difference >= 0 else -1)

    def share(which: NDArray[np.bool_]) -> float:
        return float(times[which].sum() / num_runs)

    is_change = np.isin(calls, ["better", "worse"])
    return Rates(
        changed=share(is_change),
        wrong_way=share(is_change & (sign < 0)),
        equivalent=share(calls == "equivalent"),
        covered=share((low <= cell.difference) & (cell.difference <= high)),
        covered_exactly=exact_coverage(cell),
        plain_changed=share(sign != 0),
        plain_wrong_way=share(sign < 0),
    )


def exact_coverage(cell: Cell) -> float:
    """Return the probability of all tables whose interval, by Bonett & Price's formula, covers the difference."""
    up, down = cell.shares[:2]
    ranges = [np.arange(*stats.binom.interval(1 - 1e-10, cell.size, share) + np.array([0, 1])) for share in (up, down)]
    fixed, broken = (grid.ravel() for grid in np.meshgrid(*ranges, indexing="ij"))
    weight = stats.binom.pmf(fixed, cell.size, up) * stats.binom.pmf(broken, cell.size - fixed, down / (1 - up))
    more, less = (fixed + 1) / (cell.size + 2), (broken + 1) / (cell.size + 2)
    reach = normal_quantile(1 - ALPHA) * np.sqrt((more + less - (more - less) ** 2) / (cell.size + 2))
    return float(weight[np.abs(more - less - cell.difference) <= reach].sum())


def with_sign(size: int, base: float, disagreement: float, difference: float) -> Cell | None:
    """Return the cell where the head is better by `difference`, else where it is worse by it, else None."""
    cells = (Cell(size, base, disagreement, sign * difference) for sign in (1, -1))
    return next((cell for cell in cells if cell.is_possible), None)


@dataclass(frozen=True)
class GroupCell:
    """Images in groups that copy their group's draw with some probability."""

    size: int
    members: int
    copying: float
    disagreement: float
    difference: float


def simulate_groups(cell: GroupCell, num_runs: int) -> tuple[float, float, float, float]:
    """Return the shares of changes, of changes by a plain McNemar, of "equivalent", and of covered truths."""
    parts = (cell.copying, cell.disagreement, cell.difference)
    generator = np.random.default_rng([cell.size, cell.members, *(round(1000 * part) for part in parts)])
    num_groups = cell.size // cell.members
    groups = Groups(np.repeat(np.arange(num_groups), cell.members), num_groups)
    up, down = (cell.disagreement + cell.difference) / 2, (cell.disagreement - cell.difference) / 2
    counts = np.zeros(4)
    for _ in range(num_runs):
        uniform = generator.random((num_groups, 1 + cell.members))
        draws = np.where(uniform < up, 1, np.where(uniform < up + down, -1, 0))
        is_copy = generator.random((num_groups, cell.members)) < cell.copying
        differences = np.where(is_copy, draws[:, :1], draws[:, 1:]).ravel()
        call, low, high = judge(differences, groups)
        is_change, is_covered = call in {"better", "worse"}, low <= cell.difference <= high
        counts += is_change, exact_flip_p(differences) <= ALPHA, call == "equivalent", is_covered
    changed, plain, equivalent, covered = (counts / num_runs).tolist()
    return changed, plain, equivalent, covered
