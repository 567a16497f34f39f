"""The record in words: headings, sentences and tables, which `text`, `markdown` and the page print in their own way."""

from collections.abc import Iterator, Sequence

from winnow.changes.record import ClassChange, Columns, Counts, DataDiff, Images, Leaks, Parts, Transition
from winnow.markup.amounts import bytes_text
from winnow.markup.blocks import Block, Line, Row, names, said, word
from winnow.records import NotAvailable

_MAX_NAMES = 6
_MAX_ROWS = 20
_SHORT_COMMIT = 12


def account(record: DataDiff) -> list[Block]:
    """Return what there is to say; the first block is the summary, topics without a change are left out."""
    transitions = ("before", "after", "images")
    topics = [
        _splits(record),
        _classes(record),
        _topic("Relabelled", [], transitions, _transitions(record.relabelled.transitions)),
        _topic("Moved to another split", [], transitions, _transitions(record.moved.transitions)),
        _duplicates(record),
        _topic("Bytes", list(_bytes(record))),
    ]
    summary = Block("Data", list(_summary(record)), is_kept=True)
    return [summary, *(topic for topic in topics if topic.lines or topic.rows)]


def _topic(title: str, lines: list[Line], header: Line = (), rows: Sequence[Row] = ()) -> Block:
    return Block(title, lines, header, list(rows), is_folded=True, is_kept=True, max_rows=_MAX_ROWS)


def _summary(record: DataDiff) -> Iterator[Line]:
    before, after = record.before, record.after
    yield "the working tree against ", word(record.revision), f" ({record.commit[:_SHORT_COMMIT]})"
    counts = f"{record.added.count:,} added, {record.removed.count:,} removed, {record.relabelled.count:,} relabelled"
    yield (f"{_step(before.num_images, after.num_images)} images: {'no change' if record.is_empty else counts}",)
    if before.num_unlabelled or after.num_unlabelled:
        yield (f"{_step(before.num_unlabelled, after.num_unlabelled)} of them unlabelled",)
    yield (f"{_step(before.num_classes, after.num_classes)} classes",)
    for verb, labels in (("new", record.new_classes), ("vanished", record.vanished_classes)):
        if labels:
            yield f"{verb} classes: ", *names(labels, _MAX_NAMES)
    yield from _dealing(record)
    yield from _columns(record.columns)
    yield from _leaks(record.leaks)
    for fate in ("added", "removed", "relabelled"):
        yield from _examples(fate, getattr(record, fate))
    yield from ((said(note),) for note in record.notes[:_MAX_NAMES])


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
    for verb, listed in (("new", columns.added), ("vanished", columns.removed)):
        if listed:
            yield f"{verb} columns: ", *names(listed, _MAX_NAMES)
    changed = list(columns.changed.items())
    for name, count in changed[:_MAX_NAMES]:
        yield "values changed in column ", word(name), f": {count:,}"
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
    keys = [name.replace(" ", "_") for name in header[1:]]
    rows = [(one.split, *(f"{getattr(one, key):,}" for key in keys)) for one in record.splits]
    return _topic("Splits", [], header, [] if record.is_empty else rows)


def _classes(record: DataDiff) -> Block:
    header = ("class", "before", "after", "added", "removed", "relabelled in", "relabelled out")
    return _topic("Classes", [], header, [_class_row(change) for change in record.classes])


def _class_row(change: ClassChange) -> Row:
    totals = (f"{sum(counts.values()):,}" for counts in (change.before, change.after))
    moves = (change.added, change.removed, change.relabelled_in, change.relabelled_out)
    return (_label(change.label), *totals, *map(_by_split, moves))


def _by_split(counts: Counts) -> str:
    if not counts:
        return "0"
    return f"{sum(counts.values()):,} ({', '.join(f'{count:,} {split}' for split, count in counts.items())})"


def _transitions(transitions: Sequence[Transition]) -> list[Row]:
    return [(_label(each.before), _label(each.after), f"{each.count:,}") for each in transitions]


def _duplicates(record: DataDiff) -> Block:
    title, found = "Findings and near duplicates", record.duplicates
    if isinstance(found, NotAvailable):
        return _topic(title, [("not available: ", said(found.not_available))])
    lines: list[Line] = []
    if found.num_new_pairs:
        lines.append((f"new near duplicates of images that judge: {found.num_new_pairs:,}",))
    if found.num_new_pairs or found.held_out_before != found.held_out_after:
        lines.append((f"held out of training: {_step(found.held_out_before, found.held_out_after)}",))
    lines += [(f"{held_out} nearly duplicates {other}",) for held_out, other in found.pairs]
    rows: list[Row] = [(each.status, word(each.id), word(each.severity), said(each.message)) for each in found.findings]
    return _topic(title, lines, ("", "check", "severity", "message"), rows)


def _bytes(record: DataDiff) -> Iterator[Line]:
    if not record.is_repacked:
        return
    total, parts = record.bytes, record.parts
    num_parts = _step(total.num_parts_before, total.num_parts_after)
    yield (f"images: {bytes_text(total.before)} -> {bytes_text(total.after)}, parts: {num_parts}",)
    if isinstance(parts, NotAvailable):
        yield "which parts came and went is not available: ", said(parts.not_available)
    else:
        yield (_parts(parts),)


def _parts(parts: Parts) -> str:
    changes = (("added", parts.added, parts.added_bytes), ("removed", parts.removed, parts.removed_bytes))
    words = [f"{len(listed):,} {verb}{_extent(listed, size)}" for verb, listed, size in changes]
    return f"parts: {', '.join(words)}, {parts.num_kept:,} kept"


def _extent(listed: Sequence[str], size: int | None) -> str:
    if not listed:
        return ""
    return " (bytes not known)" if size is None else f" ({bytes_text(size)})"


def _step(before: int, after: int) -> str:
    return f"{after:,}" if before == after else f"{before:,} -> {after:,}"


def _label(label: str) -> str:
    return word(label) if label else "(unlabelled)"
