"""Who gains and who loses: the share of right answers by class and by subgroup, corrected for looking at many."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from winnow.logs import logger
from winnow.stats.groups import Groups
from winnow.stats.intervals import Interval
from winnow.stats.multiple import holm
from winnow.stats.paired import stratified_paired_shares
from winnow.verdict.judging.case import Case, estimate
from winnow.verdict.record.evidence import Classes, ShareChange, Subgroups

LEAST_IMAGES = 10
"""With fewer, a value of a further column says nothing."""
MAX_VALUES = 50
"""Values of a further column that are told, those with most images."""


def class_changes(case: Case) -> Classes:
    """Return the recall of every tested class, the largest moves first."""
    head = case.pair.head
    tested = head.decisions.tested
    everyone = np.ones(len(case), dtype=np.bool_)
    names = [head.classes[code] for code in tested]
    known = len(head.classes) - len(case.pair.classes_removed)
    tested_and_known = len(set(names) - set(case.pair.classes_removed))
    return Classes(
        changes=_changes(case, everyone, np.searchsorted(tested, case.targets), names),
        added=case.pair.classes_added,
        removed=case.pair.classes_removed,
        untested=known - tested_and_known,
    )


def subgroup_changes(case: Case) -> list[Subgroups]:
    """Return the accuracy within the values of each column that the gate names; a column that is not there is told."""
    found = []
    for column in dict.fromkeys(case.judging.gate.subgroup_columns):
        if column in case.pair.head.further:
            found.append(_by_value(case, column))
        else:
            logger.warning("gate.subgroup_columns: the predictions have no column `%s`", column)
    return found


def _by_value(case: Case, column: str) -> Subgroups:
    texts = np.asarray(case.pair.head.column(column), dtype=np.str_)
    values, codes, sizes = np.unique(texts, return_inverse=True, return_counts=True)
    largest = np.argsort(-sizes, kind="stable")[:MAX_VALUES]
    kept = np.sort(largest[sizes[largest] >= LEAST_IMAGES])
    rows = np.isin(codes, kept)
    names = [str(value) for value in values[kept]]
    return Subgroups(
        column=column,
        changes=_changes(case, rows, np.searchsorted(kept, codes[rows]), names),
        num_left_out=len(values) - len(kept),
    )


def _changes(case: Case, rows: NDArray[np.bool_], strata: NDArray[np.int64], names: Sequence[str]) -> list[ShareChange]:
    """Return a change for each of the strata (codes of the images in `rows`), none of which is empty."""
    if not names:
        return []
    differences, groups = case.differences[rows], _groups_of(case, rows)
    shares = stratified_paired_shares(differences, strata, len(names), groups, case.judging.confidence)
    p = np.where(np.isfinite(shares.p), np.clip(shares.p, 0.0, 1.0), 1.0)
    p_holm = holm(p)
    base, head = (
        np.bincount(strata, weights=side.decisions.correct[rows], minlength=len(names)) / shares.size
        for side in (case.pair.base, case.pair.head)
    )
    fixed, broken = (np.bincount(strata, weights=differences == way, minlength=len(names)) for way in (1, -1))
    changes = [
        ShareChange(
            name=name,
            support=int(shares.size[place]),
            num_groups=int(shares.num_groups[place]) if case.groups.repeat else None,
            base=float(base[place]),
            head=float(head[place]),
            difference=estimate(
                float(head[place] - base[place]), Interval(float(shares.low[place]), float(shares.high[place]))
            ),
            fixed=int(fixed[place]),
            broken=int(broken[place]),
            p=float(p[place]),
            p_holm=float(p_holm[place]),
            is_significant=bool(p_holm[place] <= case.judging.gate.alpha),
        )
        for place, name in enumerate(names)
    ]
    return sorted(changes, key=lambda change: (-abs(change.difference.value), -change.support, change.name))


def _groups_of(case: Case, rows: NDArray[np.bool_]) -> Groups:
    return case.groups if rows.all() else case.groups.of(rows)
