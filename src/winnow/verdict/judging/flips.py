"""Image by image: which answers changed, which images are fixed or broken, what is now taken for what."""

import math

import numpy as np
from numpy.typing import NDArray

from winnow.evaluation.predictions import Predictions
from winnow.stats.groups import Groups
from winnow.stats.mcnemar import detectable_difference
from winnow.verdict.judging.case import Case
from winnow.verdict.record.evidence import MAX_FLIPS, ConfusionChange, Confusions, Detectable, Flip, Flips, Paired

MAX_CONFUSIONS = 20
"""Pairs of classes that are told, gained and lost each."""

_DIGITS = 6
_MAX_ID = 200


def paired_counts(case: Case) -> Paired:
    """Return the two-by-two table of both models, and what the test set could have found."""
    base, head = case.pair.base.decisions, case.pair.head.decisions
    return Paired(
        both_right=int(np.count_nonzero(base.correct & head.correct)),
        fixed=case.num_fixed,
        broken=case.num_broken,
        both_wrong=int(np.count_nonzero(~base.correct & ~head.correct)),
        churn=int(np.count_nonzero(base.predicted != head.predicted)),
        detectable=_detectable(case),
    )


def flips(case: Case) -> Flips:
    """Return the fixed and the broken images, those first where the wrong answer was most confident."""
    if not case.judging.disclosure.may_show_ids:
        return Flips(fixed=[], broken=[])
    return Flips(
        fixed=_of_one_kind(case, case.differences > 0, case.pair.base),
        broken=_of_one_kind(case, case.differences < 0, case.pair.head),
    )


def confusions(case: Case) -> Confusions:
    """Return the pairs of classes that are confused more often, and less often, than at the base."""
    classes, num_classes = case.pair.head.classes, len(case.pair.head.classes)
    # By the cells that occur: a square of all classes is large where there are thousands.
    sides = [
        case.targets[~side.correct] * num_classes + side.predicted[~side.correct]
        for side in (case.pair.base.decisions, case.pair.head.decisions)
    ]
    cells, places = np.unique(np.concatenate(sides), return_inverse=True)
    base = np.bincount(places[: len(sides[0])], minlength=len(cells))
    head = np.bincount(places[len(sides[0]) :], minlength=len(cells))

    def largest(growth: NDArray[np.int64]) -> list[ConfusionChange]:
        order = np.argsort(-growth, kind="stable")[:MAX_CONFUSIONS]
        return [
            ConfusionChange(
                actual=classes[cells[place] // num_classes],
                predicted=classes[cells[place] % num_classes],
                base=int(base[place]),
                head=int(head[place]),
            )
            for place in order[growth[order] > 0]
        ]

    return Confusions(gained=largest(head - base), lost=largest(base - head))


def _detectable(case: Case) -> Detectable:
    gate = case.judging.gate
    disagreement = max(case.num_fixed + case.num_broken, 1) / len(case)
    num_witnesses = max(1, round(effective_size(case.differences.astype(np.float64), case.groups)))
    found = detectable_difference(num_witnesses, disagreement, alpha=gate.alpha, power=gate.power)
    is_known = found is not None and math.isfinite(found)
    return Detectable(
        difference=found if is_known else None,
        # Less a rounding error, so that 3.0000000001 flips are 3.
        num_net_flips=math.ceil(found * len(case) - 1e-9) if found is not None and is_known else None,
        power=gate.power,
        disagreement=disagreement,
    )


def effective_size(values: NDArray[np.float64], groups: Groups) -> float:
    """Return how many independent images would tell the mean of `values` [N] as well as these groups do.

    The ratio of the variances (Kish, "Survey Sampling" (1965) 8.2), N at most; where the values show no variance,
    Kish's (sum m)^2 / sum m^2 of the group sizes m.
    """
    num = len(values)
    if not groups.repeat:
        return float(num)
    sizes = groups.sums(np.ones(num))
    clustered, plain = groups.variance_of_mean(values), float(values.var()) / num
    if not clustered > 0 or not plain > 0:
        return float(num**2 / np.sum(sizes**2))
    return min(num * plain / clustered, float(num))


def _of_one_kind(case: Case, is_flip: NDArray[np.bool_], wrong: Predictions) -> list[Flip]:
    """Return the flips of one kind; `wrong` is the side whose answer is wrong."""
    rows = np.flatnonzero(is_flip)
    confidence = wrong.probabilities[rows, wrong.decisions.predicted[rows]]
    rows = rows[np.argsort(-confidence, kind="stable")[:MAX_FLIPS]]
    base, head = case.pair.base, case.pair.head
    ids = head.table["id"].take(rows).to_pylist()
    return [
        Flip(
            id=image[-_MAX_ID:],
            label=head.classes[case.targets[row]],
            base=base.classes[base.decisions.predicted[row]],
            head=head.classes[head.decisions.predicted[row]],
            base_confidence=_confidence(base, row),
            head_confidence=_confidence(head, row),
        )
        for image, row in zip(ids, rows.tolist(), strict=True)
    ]


def _confidence(side: Predictions, row: int) -> float:
    return min(round(float(side.probabilities[row, side.decisions.predicted[row]]), _DIGITS), 1.0)
