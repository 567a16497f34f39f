"""What could explain another model: data and test set, params, stages, files."""

from collections.abc import Iterable

from winnow.changes.account import account as data_account
from winnow.changes.record import DataDiff
from winnow.markup.blocks import Block, Line, Row, Strong, Symbol, names, word
from winnow.records import NotAvailable
from winnow.verdict.account.words import plural
from winnow.verdict.record.context import ChangedFile, Changes, KeyChange, Stage
from winnow.verdict.record.evidence import TestSet

_MAX_NAMES = 4
_MAX_ROWS = 30
_STATES = {"ran": "▶ ", "new": "✚ ", "removed": "✖ ", "out of date": "⚠️ ", "unchanged": ""}
_STATUSES = {"added": "✚ ", "modified": "", "deleted": "✖ ", "renamed": "➜ "}


def data_block(data: DataDiff | NotAvailable, test_set: TestSet | NotAvailable) -> Block:
    """Return the data diff, folded, and whether the same images judged both sides."""
    lines: list[Line] = []
    inner: list[Block] = []
    digest: Line = ("not compared",)
    if isinstance(data, DataDiff):
        summary, *inner = data_account(data)
        lines += summary.lines
        leaks = data.leaks.torn_groups + data.leaks.trained_before
        digest = (_data_digest(data), *((", ", Symbol("⚠️ "), Strong("leaks")) if leaks else ()))
    if isinstance(test_set, TestSet):
        lines.append(_identity(test_set))
    return Block("Data", lines, digest=digest, inner=inner, is_folded=True)


def _data_digest(data: DataDiff) -> str:
    if data.is_empty:
        return "no change"
    counts = (("added", data.added), ("removed", data.removed), ("relabelled", data.relabelled))
    told = [f"{images.count:,} {fate}" for fate, images in counts if images.count]
    return ", ".join(told) or "changed, but no image came, went or was relabelled"


def _identity(test_set: TestSet) -> Line:
    sides = f"test images: {test_set.num_base:,} at the base, {test_set.num_head:,} at the head"
    is_same = not test_set.only_base and not test_set.only_head
    verdict = "the same" if is_same else f"{test_set.only_head:,} new, {test_set.only_base:,} gone"
    return (f"{sides} ({verdict}); compared on {test_set.num_compared:,}",)


def changes_block(changes: Changes) -> Block:
    """Return params, stages and files that differ, each in a table."""
    ran = [stage for stage in changes.stages if stage.state != "unchanged"]
    counts = (
        plural(len(changes.params), "param"),
        plural(len(ran), "stage"),
        plural(len(changes.files), "file"),
        f"in {plural(changes.num_commits, 'commit')}",
    )
    tables = (
        ("Params", ("key", "base", "head"), [_param(key) for key in changes.params]),
        ("Stages", ("stage", "", "because of"), [_stage(stage) for stage in changes.stages]),
        ("Files", ("file", "", "stages that depend on it"), [_file(file) for file in changes.files]),
    )
    inner = [Block(title, [], header, rows, max_rows=_MAX_ROWS) for title, header, rows in tables if rows]
    return Block("Params, stages and code", digest=(", ".join(counts),), inner=inner, is_folded=True)


def _param(change: KeyChange) -> Row:
    return (word(change.key), *("(none)" if side is None else word(side) for side in (change.base, change.head)))


def _stage(stage: Stage) -> Row:
    return (word(stage.name), (Symbol(_STATES[stage.state]), stage.state), _listed(stage.reasons))


def _file(file: ChangedFile) -> Row:
    return (word(file.path), (Symbol(_STATUSES[file.status]), file.status), _listed(file.stages))


def _listed(words: Iterable[str]) -> Line:
    return names(words, _MAX_NAMES)
