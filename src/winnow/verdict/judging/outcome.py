"""The verdict line: better, worse, equivalent, inconclusive or not comparable, by the primary metric."""

from winnow.gate_config import GateConfig
from winnow.stats.intervals import Interval
from winnow.verdict.judging.case import Case
from winnow.verdict.judging.decision import decide
from winnow.verdict.judging.metric_changes import DIRECTIONS
from winnow.verdict.judging.metric_differences import no_difference_p
from winnow.verdict.record.evidence import Call, Estimate, MetricChange, Outcome

_METHODS = {
    "accuracy": "exact McNemar test, Bonett-Price interval",
    "balanced_accuracy": "sign-flip test, interval by influence functions",
    "macro_f1": "sign-flip test, interval by influence functions",
    "auroc": "DeLong's test and interval for paired areas",
    "log_loss": "sign-flip test, interval for the paired mean",
    "brier": "sign-flip test, interval for the paired mean",
}
_BY_GROUPS = {
    "accuracy": "exact sign-flip test and Bonett-Price interval, over whole groups",
    "auroc": "DeLong's test and interval for paired areas, over whole groups by Obuchowski",
}
_LEAST_PERCENT = 0.01
_TWO_DIGITS = 10


def outcome(case: Case, metrics: list[MetricChange]) -> Outcome:
    """Return the call on the primary metric, from its paired change among `metrics`."""
    gate = case.judging.gate
    change = next((change for change in metrics if change.name == gate.metric), None)
    if change is None or change.base is None or change.head is None or change.difference is None:
        return no_outcome(gate, f"{gate.metric} is not defined on the compared images", metrics, case)
    difference = change.difference
    p = min(max(no_difference_p(case, gate.metric), 0.0), 1.0)
    call, is_within = decide(
        difference=difference.value,
        interval=_interval(difference),
        p=p,
        alpha=gate.alpha,
        margin=gate.margin,
        direction=DIRECTIONS[gate.metric],
    )
    return Outcome(
        call=call,
        reason=_reason(call, case, change, p, is_within=is_within),
        metric=gate.metric,
        direction=DIRECTIONS[gate.metric],
        base=change.base.value,
        head=change.head.value,
        difference=difference,
        p=p,
        alpha=gate.alpha,
        margin=gate.margin,
        within_margin=is_within,
        method=_method(case),
        num_images=len(case),
        num_groups=case.num_groups,
    )


def no_outcome(gate: GateConfig, reason: str, metrics: list[MetricChange], case: Case | None = None) -> Outcome:
    """Return that nothing can be compared; both numbers where they are known, each on its own test images."""
    change = next((change for change in metrics if change.name == gate.metric), None)
    return Outcome(
        call="not comparable",
        reason=reason,
        metric=gate.metric,
        direction=DIRECTIONS[gate.metric],
        base=change.base.value if change and change.base else None,
        head=change.head.value if change and change.head else None,
        difference=None,
        p=None,
        alpha=gate.alpha,
        margin=gate.margin,
        within_margin=False,
        method="none",
        num_images=len(case) if case else 0,
        num_groups=case.num_groups if case else None,
    )


def _interval(difference: Estimate) -> Interval | None:
    if difference.low is None or difference.high is None:
        return None
    return Interval(difference.low, difference.high)


def _method(case: Case) -> str:
    metric = case.judging.gate.metric
    if case.num_groups is None:
        return _METHODS[metric]
    return _BY_GROUPS.get(metric, f"{_METHODS[metric]}, over whole groups")


def _reason(call: Call, case: Case, change: MetricChange, p: float, *, is_within: bool) -> str:
    margin = f"\u00b1{case.judging.gate.margin:g}"
    seen = _seen(case, change)
    if call == "equivalent":
        return f"{seen}: the whole interval lies inside {margin}"
    if call == "inconclusive":
        if change.difference is None or change.difference.low is None:
            return "the images are a single witness: nothing tells how far to trust the difference"
        witnesses = "test images" if case.num_groups is None else "groups of test images"
        return f"too few {witnesses}: {seen} may be chance, and the interval reaches beyond {margin}"
    ending = f"; significant, but the whole interval lies inside {margin}" if is_within else ""
    return f"{seen}: chance alone gives as much in {_percent(p)} of the cases{ending}"


def _seen(case: Case, change: MetricChange) -> str:
    if change.name == "accuracy":
        return f"{case.num_fixed} fixed and {case.num_broken} broken images"
    assert change.base is not None
    assert change.head is not None
    return f"{change.name} {change.base.value:.4f} \u2192 {change.head.value:.4f}"


def _percent(p: float) -> str:
    percent = 100 * p
    if percent < _LEAST_PERCENT:
        return f"less than {_LEAST_PERCENT} %"
    return f"{percent:.0f} %" if percent >= _TWO_DIGITS else f"{percent:.2g} %"
