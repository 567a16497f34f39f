"""What the data workflow found, in blocks: the checks, and what changed."""

from collections.abc import Iterator
from dataclasses import replace

from winnow.markup.blocks import Block, Line, Row, Symbol, prose, word
from winnow.pull_request.record import Checks, DataRun, Finding
from winnow.records import NotAvailable
from winnow.verdict.account.changes import data_block

_SYMBOLS = {"error": "❌ ", "warning": "⚠️ ", "info": ""}
_MAX_NOT_RUN = 20
_MAX_ROWS = 30


def data_blocks(told: DataRun | None, *, with_diff: bool) -> Iterator[Block]:
    """Yield the checks of the data, and the diff where the verdict does not have it."""
    if told is None:
        return
    if with_diff:
        yield replace(_diff(told), is_folded=False, is_kept=True)
    yield _checks(told.checks)


def _diff(told: DataRun) -> Block:
    if isinstance(told.diff, NotAvailable):
        return Block("Data", [("not compared: ", prose(told.diff.not_available))])
    return data_block(told.diff, NotAvailable(not_available=""))


def _checks(checks: Checks | NotAvailable) -> Block:
    if isinstance(checks, NotAvailable):
        return Block("Data checks", [("not run: ", prose(checks.not_available))])
    counts = [(sum(each.severity == severity for each in checks.findings), severity) for severity in _SYMBOLS]
    words = [
        f"{count:,} {severity}{'s' if count > 1 and severity != 'info' else ''}" for count, severity in counts if count
    ]
    return Block(
        "Data checks",
        list(_about(checks)),
        ("check", "finding", "what to do"),
        [_row(each) for each in sorted(checks.findings, key=lambda each: [*_SYMBOLS].index(each.severity))],
        digest=(", ".join(words) or "nothing found",),
        is_folded=not counts[0][0],
        max_rows=_MAX_ROWS,
    )


def _row(finding: Finding) -> Row:
    return (Symbol(_SYMBOLS[finding.severity]), word(finding.id)), (prose(finding.message),), (prose(finding.hint),)


def _about(checks: Checks) -> Iterator[Line]:
    yield (f"{checks.num_images:,} images",)
    for number, (check, reason) in enumerate(checks.not_run.items()):
        if number == _MAX_NOT_RUN:
            yield (f"and {len(checks.not_run) - number:,} more checks were not run",)
            return
        yield "not run: ", word(check), ": ", prose(reason)
