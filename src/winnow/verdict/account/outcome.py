"""The verdict line, and what a reader must know to believe it."""

from collections.abc import Iterator

from winnow.markup.blocks import Block, Line, Strong, Symbol, names, prose, word
from winnow.records import NotAvailable
from winnow.verdict.account.words import (
    POINT,
    difference_parts,
    difference_text,
    has_points,
    metric_name,
    p_text,
    pair_text,
    plural,
)
from winnow.verdict.record.context import Gate, Side
from winnow.verdict.record.evidence import Call, Noise, Outcome, TestSet
from winnow.verdict.record.verdict import Verdict

SYMBOLS: dict[Call, str] = {
    "better": "✅",
    "worse": "❌",
    "equivalent": "⚖️",
    "inconclusive": "❔",
    "not comparable": "🚫",
}
SHORT_COMMIT = 12
_MAX_NAMES = 6
_ONE_SEED: Line = (
    "one seed a side: the interval tells sampling noise only (",
    word("winnow noise"),
    " measures the other)",
)


def outcome_block(verdict: Verdict) -> Block:
    """Return the first block, which alone is enough for who reads no further."""
    outcome = verdict.outcome
    return Block(
        outcome.call,
        list(_lines(verdict)),
        symbol=SYMBOLS[outcome.call],
        digest=_digest(outcome),
        is_kept=True,
    )


def gates_line(gates: list[Gate]) -> Line:
    """Return in one sentence whether the gates let the head pass."""
    failed = [gate.id for gate in gates if gate.level == "required" and gate.result not in ("pass", "waived")]
    warned = sum(gate.level == "advisory" and gate.result == "fail" for gate in gates)
    waived = sum(gate.result == "waived" for gate in gates)
    asides = [f"{count:,} {word}" for count, word in ((waived, "waived"), (warned, "advisory failed")) if count]
    aside = f" ({', '.join(asides)})" if asides else ""
    if failed:
        return (
            Symbol("❌ "),
            Strong(f"{plural(len(failed), 'required gate')} did not pass"),
            ": ",
            *names(failed, _MAX_NAMES),
            aside,
        )
    return (Symbol("✅ "), Strong("all required gates pass"), aside)


def _digest(outcome: Outcome) -> Line:
    name, values = metric_name(outcome.metric), pair_text(outcome.base, outcome.head)
    if outcome.call == "not comparable":
        return name, f" {values}" if outcome.head is not None else " is not known"
    parts = [f" {values}"]
    if outcome.difference is not None:
        in_points = has_points(outcome.metric)
        value, interval = difference_parts(outcome.difference, in_points=in_points)
        parts.append(f"{value}{' points' if in_points else ''} {interval}".rstrip())
    if outcome.p is not None:
        parts.append(p_text(outcome.p))
    groups = f" ({plural(outcome.num_groups, 'group')})" if outcome.num_groups is not None else ""
    return name, ", ".join([*parts, f"n = {outcome.num_images:,}{groups}"])


def _lines(verdict: Verdict) -> Iterator[Line]:
    outcome = verdict.outcome
    if verdict.gates:
        yield gates_line(verdict.gates)
    if outcome.reason:
        yield (prose(outcome.reason),)
    yield (*_side(verdict.head, is_dirty=verdict.provenance.is_dirty), " against ", *_side(verdict.base))
    if isinstance(verdict.test_set, TestSet):
        yield from told_of_test_set(verdict.test_set)
    if outcome.difference is not None:
        level = f"{verdict.confidence * POINT:g} %"
        groups = "; images of a group are one witness" if outcome.num_groups is not None else ""
        yield f"intervals of {level}: ", prose(outcome.method), groups
        yield _noise(verdict.noise, outcome)


def _side(side: Side, *, is_dirty: bool = False) -> Line:
    commit = (" (", word(side.commit[:SHORT_COMMIT]), ")") if side.commit else ()
    return (word(side.name), *commit, " with uncommitted changes" if is_dirty else "")


def told_of_test_set(test_set: TestSet) -> Iterator[Line]:
    """Yield what is not as it should be about the images that judge: nothing where both sides have the same."""
    facts = (
        (test_set.only_head, "new since the base"),
        (test_set.only_base, "gone since the base"),
        (test_set.trained_on, "left out because one of the models trained on them"),
    )
    told = [f"{count:,} {fact}" for count, fact in facts if count]
    if told or test_set.num_compared < test_set.num_head:
        counts = f"compared on {test_set.num_compared:,} of {plural(test_set.num_head, 'test image')}"
        yield (f"{counts}{': ' if told else ''}{', '.join(told)}",)
    if test_set.relabelled:
        yield (f"{test_set.relabelled:,} of them have another label now; today's judges both sides",)
    if test_set.rescored:
        yield ("the base model was scored again on today's test images",)
    yield from ((prose(note),) for note in test_set.notes[:_MAX_NAMES])


def _noise(noise: Noise | NotAvailable, outcome: Outcome) -> Line:
    if isinstance(noise, NotAvailable):
        return _ONE_SEED
    in_points = has_points(outcome.metric)
    factor, digits, unit = (POINT, 1, " points") if in_points else (1, 3, "")
    deviation, low, high = (f"{value * factor:.{digits}f}" for value in (noise.deviation, noise.low, noise.high))
    spread = f"a standard deviation of {deviation}{unit} [{low}, {high}] over {noise.num_seeds:,} seeds"
    stale = "" if noise.is_current else ", measured before today's data, params or code"
    return (
        f"training noise: {spread}{stale}; with both noises the difference is ",
        Strong(difference_text(noise.difference, in_points=in_points)),
        unit,
    )
