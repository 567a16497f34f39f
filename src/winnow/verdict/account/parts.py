"""Classes and subgroups: for whom the head is better, and for whom worse."""

from dataclasses import replace

from winnow.markup.blocks import Bar, Block, Line, Row, Strong, Symbol, names, word
from winnow.verdict.account.words import difference_text, p_value, plural, value_text
from winnow.verdict.record.evidence import Classes, ShareChange, Subgroups

_MAX_OPEN = 10
_MAX_NAMES = 10


def classes_block(classes: Classes) -> Block:
    """Return the largest moves in sight, every other class folded, and the classes that came or went."""
    lines: list[Line] = []
    for fate, listed in (("known to the head only", classes.added), ("known to the base only", classes.removed)):
        if listed:
            lines.append((f"{fate}: ", *names(listed, _MAX_NAMES)))
    if classes.untested:
        lines.append((f"classes without a test image: {classes.untested:,}",))
    return _block("Classes", (), "class", classes.changes, lines)


def subgroups_block(subgroups: Subgroups) -> Block:
    """Return the values of one column in the same form."""
    lines: list[Line] = []
    if subgroups.num_left_out:
        lines.append((f"values left out, with too few images or beyond the largest: {subgroups.num_left_out:,}",))
    return _block("Subgroups", (word(subgroups.column), ", "), "value", subgroups.changes, lines)


def _block(title: str, subject: Line, noun: str, changes: list[ShareChange], lines: list[Line]) -> Block:
    # What is significant is seen, however small its move.
    ordered = sorted(changes, key=lambda change: not change.is_significant)
    top = ordered[:_MAX_OPEN]
    shown = [change for change in top if change.fixed or change.broken]
    rest = [change for change in top if change not in shown] + ordered[_MAX_OPEN:]
    if not shown:
        lines = [*lines, ("no image was fixed or broken",)]
    widest = max((abs(change.difference.value) for change in changes), default=0) or 1
    table = Block(
        title,
        lines,
        (noun, "images", "base", "head", "points", "", "Holm"),
        [_row(change, widest) for change in shown],
        "lrrrrll",
        digest=(*subject, _count(changes)),
    )
    if not rest:
        return table
    rows = [_row(change, widest) for change in rest]
    others = Block("The others" if shown else "All", [], table.header, rows, table.align, is_folded=True)
    return replace(table, inner=[others])


def _count(changes: list[ShareChange]) -> str:
    significant = [change.difference.value for change in changes if change.is_significant]
    if not significant:
        return f"no significant change in {len(changes):,}"
    worse = sum(value < 0 for value in significant)
    return f"{worse:,} worse, {len(significant) - worse:,} better of {len(changes):,}"


def _row(change: ShareChange, widest: float) -> Row:
    groups = f" ({plural(change.num_groups, 'group')})" if change.num_groups is not None else ""
    value = change.difference.value
    mark: Line = (p_value(change.p_holm),)
    if change.is_significant:
        mark = (Symbol("▲ " if value > 0 else "▼ "), Strong("better" if value > 0 else "worse"), f", {mark[0]}")
    return (
        word(change.name) if change.name else "(empty)",
        f"{change.support:,}{groups}",
        value_text(change.base),
        value_text(change.head),
        difference_text(change.difference, in_points=True),
        (Bar(value / widest),),
        mark,
    )
