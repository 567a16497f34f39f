"""The record in words: headings, sentences and tables, which `text`, `markdown` and the page print in their own way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from winnow.changes.record import (
    ClassChange,
    Columns,
    Counts,
    DataDiff,
    Images,
    Leaks,
    NotAvailable,
    Parts,
    Transition,
)

MAX_WORD = 60
MAX_SENTENCE = 400
_MAX_NAMES = 6
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
_SHORT_COMMIT = 12


class Quoted(str):
    """Text that a user wrote, or a library: no control characters, and short. Escaping is up to a renderer."""

    __slots__ = ()


Line = tuple[str, ...]
"""A sentence in pieces; those that are `Quoted` are not ours."""


@dataclass(frozen=True)
class Block:
    """One topic: sentences, then a table."""

    title: str
    lines: list[Line] = field(default_factory=list)
    header: Line = ()
    rows: list[Line] = field(default_factory=list)


def printable(text: str, max_length: int) -> str:
    """Return text without control, format and direction characters, cut to a length: it cannot act on a terminal."""
    cut = text if len(text) <= max_length else text[: max_length - 1] + "…"
    return "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in cut)


def account(record: DataDiff) -> list[Block]:
    """Return what there is to say; the first block is the summary, topics without a change are left out."""
    topics = [
        _splits(record),
        _classes(record),
        Block("Relabelled", [], ("before", "after", "images"), _transitions(record.relabelled.transitions)),
        Block("Moved to another split", [], ("before", "after", "images"), _transitions(record.moved.transitions)),
        _duplicates(record),
        Block("Bytes", list(_bytes(record))),
    ]
    return [Block("Data", list(_summary(record))), *(topic for topic in topics if topic.lines or topic.rows)]


def _summary(record: DataDiff) -> Iterator[Line]:
    before, after = record.before, record.after
    yield "the working tree against ", _word(record.revision), f" ({record.commit[:_SHORT_COMMIT]})"
    counts = f"{record.added.count:,} added, {record.removed.count:,} removed, {record.relabelled.count:,} relabelled"
    yield (f"{_step(before.num_images, after.num_images)} images: {'no change' if record.is_empty else counts}",)
    if before.num_unlabelled or after.num_unlabelled:
        yield (f"{_step(before.num_unlabelled, after.num_unlabelled)} of them unlabelled",)
    yield (f"{_step(before.num_classes, after.num_classes)} classes",)
    for verb, labels in (("new", record.new_classes), ("vanished", record.vanished_classes)):
        if labels:
            yield f"{verb} classes: ", *_names(labels)
    yield from _dealing(record)
    yield from _columns(record.columns)
    yield from _leaks(record.leaks)
    for word in ("added", "removed", "relabelled"):
        yield from _examples(word, getattr(record, word))
    yield from ((_said(note),) for note in record.notes[:_MAX_NAMES])


def _dealing(record: DataDiff) -> Iterator[Line]:
    """Say what moved images between groups and splits."""
    for setting in record.settings:
        yield (f"data.{setting.key}: {setting.before:g} -> {setting.after:g}, so the splits are dealt anew",)
    if record.moved.count:
        groups = f", of groups: {record.moved.num_groups:,}" if record.moved.num_groups else ""
        yield (f"moved to another split: {record.moved.count:,}{groups}",)
    if record.repinned.count:
        yield (f"pinned to another split, or no longer pinned: {record.repinned.count:,}",)
    if record.regrouped.count:
        groups = _step(record.regrouped.num_groups_before, record.regrouped.num_groups_after)
        yield (f"regrouped: {record.regrouped.count:,}, groups: {groups}",)


def _columns(columns: Columns) -> Iterator[Line]:
    for verb, names in (("new", columns.added), ("vanished", columns.removed)):
        if names:
            yield f"{verb} columns: ", *_names(names)
    changed = list(columns.changed.items())
    for name, count in changed[:_MAX_NAMES]:
        yield "values changed in column ", _word(name), f": {count:,}"
    if len(changed) > _MAX_NAMES:
        yield (f"further columns with changed values: {len(changed) - _MAX_NAMES:,}",)


def _leaks(leaks: Leaks) -> Iterator[Line]:
    if leaks.trained_before:
        yield (f"images that judge now and were trained on before: {leaks.trained_before:,}",)
    if leaks.torn_groups:
        yield (f"groups that span several splits now, and did not before (D105): {leaks.torn_groups:,}",)
        yield from _examples("of these groups", Images(count=len(leaks.torn), examples=leaks.torn))


def _examples(word: str, images: Images) -> Iterator[Line]:
    if images.examples:
        more = ["…"] if images.count > len(images.examples) else []
        yield (f"{word}: {', '.join(images.examples + more)}",)


def _splits(record: DataDiff) -> Block:
    header = ("split", "before", "after", "added", "removed", "moved in", "moved out")
    rows = [(one.split, *(f"{getattr(one, name.replace(' ', '_')):,}" for name in header[1:])) for one in record.splits]
    return Block("Splits", [], header, [] if record.is_empty else rows)


def _classes(record: DataDiff) -> Block:
    header = ("class", "before", "after", "added", "removed", "relabelled in", "relabelled out")
    return Block("Classes", [], header, [_class_row(change) for change in record.classes])


def _class_row(change: ClassChange) -> Line:
    totals = (f"{sum(counts.values()):,}" for counts in (change.before, change.after))
    moves = (change.added, change.removed, change.relabelled_in, change.relabelled_out)
    return (_label(change.label), *totals, *map(_by_split, moves))


def _by_split(counts: Counts) -> str:
    if not counts:
        return "0"
    return f"{sum(counts.values()):,} ({', '.join(f'{count:,} {split}' for split, count in counts.items())})"


def _transitions(transitions: Sequence[Transition]) -> list[Line]:
    return [(_label(each.before), _label(each.after), f"{each.count:,}") for each in transitions]


def _duplicates(record: DataDiff) -> Block:
    title, found = "Findings and near duplicates", record.duplicates
    if isinstance(found, NotAvailable):
        return Block(title, [("not available: ", _said(found.not_available))])
    lines: list[Line] = []
    if found.num_new_pairs:
        lines.append((f"new near duplicates of images that judge: {found.num_new_pairs:,}",))
    if found.num_new_pairs or found.held_out_before != found.held_out_after:
        lines.append((f"held out of training: {_step(found.held_out_before, found.held_out_after)}",))
    lines += [(f"{held_out} nearly duplicates {other}",) for held_out, other in found.pairs]
    rows: list[Line] = [
        (each.status, _word(each.id), _word(each.severity), _said(each.message)) for each in found.findings
    ]
    return Block(title, lines, ("", "check", "severity", "message"), rows)


def _bytes(record: DataDiff) -> Iterator[Line]:
    if not record.is_repacked:
        return
    total, parts = record.bytes, record.parts
    num_parts = _step(total.num_parts_before, total.num_parts_after)
    yield (f"images: {_size(total.before)} -> {_size(total.after)}, parts: {num_parts}",)
    if isinstance(parts, NotAvailable):
        yield "which parts came and went is not available: ", _said(parts.not_available)
    else:
        yield (_parts(parts),)


def _parts(parts: Parts) -> str:
    changes = (("added", parts.added, parts.added_bytes), ("removed", parts.removed, parts.removed_bytes))
    words = [f"{len(names):,} {verb}{_extent(names, size)}" for verb, names, size in changes]
    return f"parts: {', '.join(words)}, {parts.num_kept:,} kept"


def _extent(names: Sequence[str], size: int | None) -> str:
    if not names:
        return ""
    return " (bytes not known)" if size is None else f" ({_size(size)})"


def _size(num_bytes: int) -> str:
    value, units = float(num_bytes), iter(_UNITS)
    unit = next(units)
    while value >= _THOUSAND and unit != _UNITS[-1]:
        value, unit = value / _THOUSAND, next(units)
    return f"{value:,.1f} {unit}" if unit != "bytes" else f"{num_bytes} bytes"


def _step(before: int, after: int) -> str:
    return f"{after:,}" if before == after else f"{before:,} -> {after:,}"


def _word(text: str) -> Quoted:
    return Quoted(printable(text, MAX_WORD))


def _said(text: str) -> Quoted:
    return Quoted(printable(text, MAX_SENTENCE))


def _label(label: str) -> str:
    return _word(label) if label else "(unlabelled)"


def _names(words: Sequence[str]) -> Iterator[str]:
    for number, word in enumerate(words[:_MAX_NAMES]):
        yield from (", ", _word(word)) if number else (_word(word),)
    if len(words) > _MAX_NAMES:
        yield f" and {len(words) - _MAX_NAMES:,} more"
