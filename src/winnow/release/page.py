"""A verification, and what became of a release, in blocks that any renderer makes inert."""

from collections.abc import Iterator

from winnow.markup.blocks import Block, Line, Strong, Symbol, prose, word
from winnow.release.record import Check, Verification
from winnow.release.story import Story
from winnow.verdict.account.words import difference_text, estimate_text, metric_name

_SYMBOLS = {"pass": "✅", "fail": "❌", "overridden": "⚠️"}
_MAX_FAILED = 20


def story_blocks(story: Story) -> list[Block]:
    """Return what a pull request is told of a release: how it ended, and why not further."""
    request = story.request
    title = f"Release of {request.model} to {request.stage}"
    lines: list[Line] = [_step(step.is_good, step.text) for step in story.steps]
    lines.append(("asked for by ", prose(request.reason)))
    symbol = "🚀" if story.is_good else "❌"
    first = Block(title, lines, symbol=symbol, digest=(story.digest,), is_kept=True)
    rest = verification_blocks(story.verification) if story.verification else []
    return [first, *rest]


def _step(is_good: bool | None, text: str) -> Line:  # noqa: FBT001 - a step's own field
    symbol = {True: "✅ ", False: "❌ ", None: "⏭️ "}[is_good]
    return Symbol(symbol), prose(text)


def verification_blocks(found: Verification) -> list[Block]:
    """Return what was found of a version: failures first, then every check, then numbers."""
    failed = [check for check in found.checks if check.result == "fail"]
    digest = "nothing speaks against it" if not failed else f"{len(failed)} of {len(found.checks)} checks failed"
    lines: list[Line] = [(Strong(check.id), ": ", prose(check.note)) for check in failed[:_MAX_FAILED]]
    first = Block(
        f"Verification of {found.model} for {found.stage}",
        lines,
        symbol="❌" if failed else "✅",
        digest=(digest,),
        inner=list(_inner(found)),
        is_kept=True,
    )
    return [first]


def _inner(found: Verification) -> Iterator[Block]:
    rows = [_row(check) for check in found.checks]
    yield Block("Every check", header=("", "check", "found"), rows=list(rows), is_folded=True)
    if found.metrics:
        served = [(metric_name(name), estimate_text(each)) for name, each in found.metrics.items()]
        title = f"Metrics of the served file on {found.num_images:,} test images"
        yield Block(title, header=("metric", "value"), rows=list(served), align="lr", is_folded=True)
    if found.answered:
        answered = [
            (
                word(each.file),
                f"{each.max_difference:.2g}",
                f"{each.agreement:.2%}",
                difference_text(each.accuracy_change, in_points=True),
            )
            for each in found.answered
        ]
        header = ("file", "largest difference", "same top class", "accuracy, points")
        yield Block("Beside the recorded predictions", header=header, rows=list(answered), align="lrrr", is_folded=True)


def _row(check: Check) -> tuple[Line, ...]:
    return (Symbol(_SYMBOLS[check.result]),), (word(check.id),), (prose(check.note),)
