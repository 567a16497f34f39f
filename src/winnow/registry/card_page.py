"""The model card in words: blocks that any renderer makes inert."""

from collections.abc import Iterator

from winnow.markup.amounts import bytes_text, seconds_text
from winnow.markup.blocks import Block, Strong, prose, word
from winnow.records import NotAvailable
from winnow.registry.card import Card
from winnow.verdict.account.words import estimate_text, metric_name

_GAP = "not filled in (card.yaml)"


def card_blocks(card: Card) -> list[Block]:
    """Return the sections of the card, in the order of Mitchell et al., Model Cards for Model Reporting (2019)."""
    return [
        Block(f"Model card: {card.name}", lines=[("architecture ", word(card.origin.model))]),
        _use(card),
        _data(card),
        _metrics(card),
        *_subgroups(card),
        _limits(card),
        _effort(card),
        *_files(card),
        _origin(card),
    ]


def _said(card: Card, key: str) -> str:
    return Strong(_GAP) if key in card.gaps else prose(getattr(card.owner_part, key))


def _use(card: Card) -> Block:
    named = {"intended_use": "Intended use", "not_for": "Not for", "owner": "Owner"}
    return Block("Use", lines=[(f"{name}: ", _said(card, key)) for key, name in named.items()])


def _data(card: Card) -> Block:
    data = card.data
    splits = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in data.splits.items() if count)
    lines: list[tuple[str, ...]] = [
        ("Source: ", _said(card, "data_source")),
        ("Licence: ", _said(card, "data_licence")),
        (f"{data.num_images:,} images, {data.num_classes:,} classes ({splits})",),
        *(("Check ", prose(check)) for check in data.checks),
    ]
    names = ("train", "val", "test", "vault", "held_out")
    shown = [name for name in names if any(counts.get(name) for counts in data.classes.values())]
    rows = [
        (word(label), *(f"{counts.get(name, 0):,}" for name in shown)) for label, counts in sorted(data.classes.items())
    ]
    header = ("class", *(name.replace("_", " ") for name in shown))
    return Block("Data", lines=lines, header=header, rows=list(rows), align="l" + "r" * len(shown))


def _metrics(card: Card) -> Block:
    rows = [(metric_name(name), estimate_text(each)) for name, each in card.metrics.items()]
    weak: list[tuple[str, ...]] = [
        ("recall of ", word(each.label), f" ({each.support:,} test images): {estimate_text(each.recall)}")
        for each in card.weakest
    ]
    title = f"Metrics on the test set, with {card.confidence:.0%} intervals"
    weakest = [Block("The weakest classes", lines=weak)] if weak else []
    return Block(title, header=("metric", "value"), rows=list(rows), align="lr", inner=weakest)


def _subgroups(card: Card) -> Iterator[Block]:
    if isinstance(card.subgroups, NotAvailable):
        yield Block("Subgroups", lines=[("Not known: ", prose(card.subgroups.not_available))])
        return
    rows = [
        (word(each.column), word(each.value), f"{each.num_images:,}", estimate_text(each.accuracy))
        for each in card.subgroups
    ]
    yield Block("Subgroups", header=("column", "value", "images", "accuracy"), rows=list(rows), align="llrr")


def _limits(card: Card) -> Block:
    return Block("Limits", lines=[("By the owner: ", _said(card, "known_limits")), *((each,) for each in card.limits)])


def _effort(card: Card) -> Block:
    effort, owner = card.effort, card.owner_part
    lines: list[tuple[str, ...]] = [
        (f"{each.step}: {seconds_text(each.wall_s)}", *([" on ", word(each.device)] if each.device else []))
        for each in effort.steps
    ]
    lines.append((f"Together {seconds_text(effort.wall_s)}; searches and failed attempts are not counted",))
    if effort.energy_kwh is None:
        lines.append(("Energy: not estimated, card.yaml gives no power",))
    else:
        figures = f"{owner.power_w:g} W by the owner, overhead {owner.overhead:g}"
        lines.append((f"Energy: {effort.energy_kwh:.3g} kWh ({figures})",))
    if effort.carbon_g is not None:
        lines.append((f"Carbon: {effort.carbon_g:.3g} g CO2e ({owner.carbon_g_per_kwh:g} g/kWh)",))
    if effort.price is not None:
        lines.append((f"Price: {effort.price:.3g} ({owner.price_per_h:g} an hour)",))
    return Block("Cost and energy", lines=[*lines, (f"{effort.formula}: {effort.source}",)])


def _files(card: Card) -> Iterator[Block]:
    if card.files:
        rows = [(word(name), bytes_text(each.num_bytes), each.sha256) for name, each in sorted(card.files.items())]
        yield Block("Files", header=("file", "size", "SHA-256"), rows=list(rows), align="lrl")


def _origin(card: Card) -> Block:
    origin = card.origin
    known = {"dvc.lock, SHA-256": origin.lock_sha256, "data": origin.data_hash, "code": origin.code_hash}
    lines: list[tuple[str, ...]] = [(f"{name}: ", word(value[:40])) for name, value in known.items() if value]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(origin.versions.items()))
    lines += [("Made with ", prose(versions))] if versions else []
    lines.append(("The tag of a version says which commit this is, and what it was judged by",))
    return Block("Provenance", lines=lines)
