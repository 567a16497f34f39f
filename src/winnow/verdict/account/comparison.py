"""Several models against one, in words: a table of calls, and the metrics of all of them side by side."""

from collections.abc import Mapping

from winnow.markup.blocks import Block, Row, Strong, Symbol, prose, word
from winnow.verdict.account.outcome import SYMBOLS
from winnow.verdict.account.words import (
    UNKNOWN,
    difference_text,
    estimate_text,
    has_points,
    metric_name,
    p_value,
    plural,
    value_text,
)
from winnow.verdict.judging.comparison import Judgement

_CALLS = ("", "", "base", "head", "difference", "p", "images", "why")


def comparison_blocks(base: str, judgements: Mapping[str, Judgement]) -> list[Block]:
    """Return the calls, each against `base`, and the metrics of each contender with the paired difference."""
    metric = next(iter(judgements.values())).outcome.metric
    rows = [_call_row(name, judgement) for name, judgement in judgements.items()]
    digest = (word(base), ", by ", metric_name(metric))
    calls = Block("Against", digest=digest, header=_CALLS, rows=rows, align="llrrrrrl")
    return [calls, *(_metrics(name, judgement) for name, judgement in judgements.items() if judgement.metrics)]


def _call_row(name: str, judgement: Judgement) -> Row:
    outcome = judgement.outcome
    groups = "" if outcome.num_groups is None else f" ({plural(outcome.num_groups, 'group')})"
    return (
        word(name),
        (Symbol(f"{SYMBOLS[outcome.call]} "), Strong(outcome.call)),
        value_text(outcome.base),
        value_text(outcome.head),
        difference_text(outcome.difference, in_points=has_points(outcome.metric)),
        UNKNOWN if outcome.p is None else p_value(outcome.p),
        f"{outcome.num_images:,}{groups}",
        (prose(outcome.reason),),
    )


def _metrics(name: str, judgement: Judgement) -> Block:
    rows: list[Row] = [
        (
            metric_name(change.name),
            estimate_text(change.base),
            estimate_text(change.head),
            difference_text(change.difference, in_points=has_points(change.name)),
        )
        for change in judgement.metrics
    ]
    return Block("Metrics of", digest=(word(name),), header=("", "base", "head", "difference"), rows=rows, align="lrrr")
