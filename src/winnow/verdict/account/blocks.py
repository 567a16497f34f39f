"""The verdict in words: blocks in the order in which a reviewer needs them. Each can stand alone; none is a must."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TypeVar

from winnow.markup.blocks import Block, Line, prose
from winnow.records import NotAvailable
from winnow.verdict.account.changes import changes_block, data_block
from winnow.verdict.account.costs import cost_block, provenance_block
from winnow.verdict.account.curves import calibration_block, curves_block
from winnow.verdict.account.gates import gates_block
from winnow.verdict.account.images import FLIPS, confusions_block, flips_block
from winnow.verdict.account.metrics import metrics_block, paired_block
from winnow.verdict.account.outcome import outcome_block
from winnow.verdict.account.parts import classes_block, subgroups_block
from winnow.verdict.record.evidence import Flips
from winnow.verdict.record.verdict import Verdict

REST = "reports/verdict.json has them all"
"""Where everything is that a page does not show."""

Part = TypeVar("Part")


def account(verdict: Verdict) -> list[Block]:
    """Return what there is to say; what is not available is named, with the reason, in the last but one."""
    blocks = [outcome_block(verdict), *_judgement(verdict), *_parts(verdict), *_causes(verdict)]
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name, reason in _left_out(verdict):
        by_reason[reason].append(name)
    left_out: list[Line] = [(f"{', '.join(listed)}: ", prose(reason)) for reason, listed in by_reason.items()]
    last = [Block("Left out", left_out, is_kept=True)] if left_out else []
    return [*blocks, *last, provenance_block(verdict.provenance)]


def _judgement(verdict: Verdict) -> Iterator[Block]:
    if verdict.gates:
        yield gates_block(verdict.gates)
    if verdict.metrics:
        yield metrics_block(verdict.metrics, verdict.confidence)
    yield from _known(paired_block, verdict.paired)


def _parts(verdict: Verdict) -> Iterator[Block]:
    """Yield what is better and worse: classes, subgroups, pairs of classes, single images."""
    yield from _known(classes_block, verdict.classes)
    yield from map(subgroups_block, verdict.subgroups)
    yield from _known(confusions_block, verdict.confusions)
    if not _hides_images(verdict):
        yield from _known(flips_block, verdict.flips)


def _causes(verdict: Verdict) -> Iterator[Block]:
    """Yield what could explain it, and what it costs."""
    if not isinstance(verdict.data, NotAvailable) or not isinstance(verdict.test_set, NotAvailable):
        yield data_block(verdict.data, verdict.test_set)
    yield from _known(changes_block, verdict.changes)
    yield from _known(curves_block, verdict.curves)
    yield from _known(calibration_block, verdict.calibration)
    yield from _known(cost_block, verdict.cost)


def _known(block: Callable[[Part], Block], part: Part | NotAvailable) -> Iterator[Block]:
    """Yield the block of a part that is there and has something to say."""
    if not isinstance(part, NotAvailable):
        made = block(part)
        if made.lines or made.rows or made.inner or made.charts:
            yield made


def _hides_images(verdict: Verdict) -> bool:
    return verdict.disclose == "aggregate" and isinstance(verdict.flips, Flips)


def _left_out(verdict: Verdict) -> Iterator[tuple[str, str]]:
    parts = (
        ("both models on the same images", verdict.paired),
        ("classes", verdict.classes),
        ("confusions", verdict.confusions),
        (FLIPS.lower(), verdict.flips),
        ("test set", verdict.test_set),
        ("data", verdict.data),
        ("params, stages and code", verdict.changes),
        ("learning curves", verdict.curves),
        ("calibration", verdict.calibration),
        ("cost", verdict.cost),
    )
    for name, part in parts:
        if isinstance(part, NotAvailable):
            yield name, part.not_available
    if _hides_images(verdict):
        yield FLIPS.lower(), "the project discloses aggregates only"
