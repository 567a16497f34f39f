"""Single images that were fixed or broken, and classes that are taken for another more or less often."""

from winnow.markup.blocks import Block, Line, Row, Symbol, word
from winnow.verdict.account.words import plural
from winnow.verdict.record.evidence import ConfusionChange, Confusions, Flip, Flips

FLIPS = "Fixed and broken images"
_MAX_FLIPS = 20


def confusions_block(confusions: Confusions) -> Block:
    """Return the pairs of classes that changed most, gained ones first."""
    gained, lost = confusions.gained, confusions.lost
    return Block(
        "Confusions",
        header=("", "is a", "taken for", "base", "head", "change"),
        rows=[*(_pair("gained", "▲ ", each) for each in gained), *(_pair("lost", "▼ ", each) for each in lost)],
        align="lllrrr",
        digest=(f"{plural(len(gained), 'pair')} more often, {len(lost):,} less often",),
        is_folded=True,
        max_rows=_MAX_FLIPS,
    )


def _pair(fate: str, symbol: str, change: ConfusionChange) -> Row:
    labels = (_label(change.actual), _label(change.predicted))
    return ((Symbol(symbol), fate), *labels, f"{change.base:,}", f"{change.head:,}", f"{change.head - change.base:+,}")


def flips_block(flips: Flips) -> Block:
    """Return the images by their ids, with label, answers and confidence; the most confident first."""
    return Block(
        FLIPS,
        digest=(f"{len(flips.fixed):,} fixed, {len(flips.broken):,} broken",),
        inner=[_table(title, listed) for title, listed in (("Broken", flips.broken), ("Fixed", flips.fixed)) if listed],
        is_folded=True,
    )


def _table(title: str, flips: list[Flip]) -> Block:
    header = ("image", "is a", "base says", "head says")
    return Block(title, [], header, [_row(flip) for flip in flips], "llll", max_rows=_MAX_FLIPS)


def _row(flip: Flip) -> Row:
    return (
        word(flip.id),
        _label(flip.label),
        _answer(flip.base, flip.base_confidence),
        _answer(flip.head, flip.head_confidence),
    )


def _answer(label: str, confidence: float) -> Line:
    return _label(label), f" ({confidence:.2f})"


def _label(label: str) -> str:
    return word(label) if label else "(unlabelled)"
