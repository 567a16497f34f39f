"""Numbers of the verdict in words: metrics, differences with their intervals, p values, names of the two sides."""

from winnow.markup.blocks import word
from winnow.verdict.record.evidence import Estimate

UNKNOWN = "\u2013"
POINT = 100
"""Differences of shares are told in percentage points."""

_NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "auroc": "AUROC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece": "calibration error",
}
_SHARES = frozenset(("accuracy", "balanced_accuracy", "macro_f1", "auroc", "ece"))
_LEAST_P = 0.0001


def metric_name(name: str) -> str:
    """Return a metric of ours in words, another one quoted."""
    return _NAMES.get(name) or word(name)


def has_points(name: str) -> bool:
    """Return whether differences of a metric are told in percentage points."""
    return name in _SHARES


def pair_text(base: float | None, head: float | None) -> str:
    """Return `0.912 -> 0.931`, with as many digits as it takes to tell them apart; the head alone without a base."""
    if base is None or head is None:
        return UNKNOWN if head is None else value_text(head)
    digits = next((digits for digits in (3, 4, 5) if round(base, digits) != round(head, digits)), 3)
    return f"{value_text(base, digits)} -> {value_text(head, digits)}"


def value_text(value: float | None, digits: int = 3) -> str:
    """Return a value with three digits behind the point; large ones and tiny ones shorter."""
    if value is None:
        return UNKNOWN
    if abs(value) >= POINT or 0 < abs(value) < 10**-digits:
        return f"{value:,.0f}" if abs(value) >= 10 * POINT else f"{value:.3g}"
    return f"{value:.{digits}f}"


def estimate_text(estimate: Estimate | None) -> str:
    """Return a value with its interval."""
    if estimate is None:
        return UNKNOWN
    bounds = (estimate.low, estimate.high)
    interval = f" [{', '.join(map(value_text, bounds))}]" if None not in bounds else ""
    return value_text(estimate.value) + interval


def difference_text(estimate: Estimate | None, *, in_points: bool) -> str:
    """Return `+1.9 [+0.8, +3.0]`: points with one digit, other metrics with three, more where those would be zero."""
    if estimate is None:
        return UNKNOWN
    value, interval = difference_parts(estimate, in_points=in_points)
    return f"{value} {interval}".rstrip()


def difference_parts(estimate: Estimate, *, in_points: bool) -> tuple[str, str]:
    """Return the difference, and its interval in brackets or an empty text."""
    factor, fewest = (POINT, 1) if in_points else (1, 3)
    numbers = [each * factor for each in (estimate.value, estimate.low, estimate.high) if each is not None]
    largest = max(map(abs, numbers))
    digits = next((digits for digits in (fewest, fewest + 1) if largest >= 2 * 10**-digits), fewest + 2)
    value, *bounds = (signed(number, digits) for number in numbers)
    return value, f"[{', '.join(bounds)}]" if len(bounds) > 1 else ""


def signed(number: float, digits: int) -> str:
    """Return a number with its sign; a zero has none."""
    text = f"{number:+,.{digits}f}"
    return text.lstrip("+-") if float(text.replace(",", "")) == 0 else text


def p_text(p: float) -> str:
    """Return `p = 0.0004` or `p < 0.0001`."""
    return f"p < {_LEAST_P:.4f}" if p < _LEAST_P else f"p = {p_value(p)}"


def p_value(p: float) -> str:
    """Return a p value as far as it matters."""
    if p < _LEAST_P:
        return f"< {_LEAST_P:.4f}"
    digits = next((digits for limit, digits in ((0.001, 4), (0.1, 3)) if p < limit), 2)
    return f"{p:.{digits}f}"


def share_text(count: int, total: int) -> str:
    """Return `156 (7.8 %)`."""
    return f"{count:,} ({count / total:.1%})".replace("%", " %") if total else f"{count:,}"


def plural(count: int, noun: str) -> str:
    """Return `1 image` or `2 images`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
