"""What the model costs on both sides, and where all of it comes from."""

from collections.abc import Callable, Iterator

from winnow.markup.amounts import bytes_text, seconds_text
from winnow.markup.blocks import Block, Line, Row, link, names, printable, word
from winnow.verdict.account.outcome import SHORT_COMMIT
from winnow.verdict.account.words import UNKNOWN
from winnow.verdict.record.context import Amount, Cost, Provenance, StepCost

_AMOUNTS: dict[str, tuple[str, Callable[[float], str]]] = {
    "model_bytes": ("size of the model", bytes_text),
    "num_parameters": ("parameters", lambda value: f"{value:,.0f}"),
    "latency_p50_ms": ("latency, median", lambda value: f"{value:,.1f} ms"),
    "latency_p95_ms": ("latency, 95 %", lambda value: f"{value:,.1f} ms"),
}
_SAME = 0.005
_MAX_NAMES = 8
_MAX_COMMANDS = 12
_MAX_COMMAND = 300


def cost_block(cost: Cost) -> Block:
    """Return times, memory and devices of each step, size and latency of the model, before and after."""
    rows = [*(row for step in cost.steps for row in _step(step)), *map(_amount, cost.amounts)]
    train = next((step for step in cost.steps if step.step == "train"), None)
    digest: Line = ("before and after",)
    if train and train.head_s is not None:
        was = f"{seconds_text(train.base_s)} -> " if train.base_s is not None else ""
        digest = (f"training {was}{seconds_text(train.head_s)}",)
    return Block("Cost", [], ("", "base", "head", "ratio"), rows, "lrrr", digest=digest, is_folded=True)


def _step(cost: StepCost) -> Iterator[Row]:
    name = (word(cost.step), ": ")
    for noun, base, head, told in (
        ("time", cost.base_s, cost.head_s, seconds_text),
        ("peak memory", cost.base_peak_bytes, cost.head_peak_bytes, bytes_text),
    ):
        if base is not None or head is not None:
            yield (*name, noun), _told(base, told), _told(head, told), _ratio(base, head)
    devices = (cost.base_device, cost.head_device)
    if any(devices):
        sides = [UNKNOWN if device is None else word(device) for device in devices]
        yield (*name, "device"), *sides, "same" if devices[0] == devices[1] else ""


def _amount(amount: Amount) -> Row:
    noun, told = _AMOUNTS[amount.name]
    return noun, _told(amount.base, told), _told(amount.head, told), _ratio(amount.base, amount.head)


def _told(value: float | None, told: Callable[[float], str]) -> str:
    return UNKNOWN if value is None else told(value)


def _ratio(base: float | None, head: float | None) -> str:
    if base is None or head is None or base <= 0:
        return ""
    ratio = head / base
    return "same" if abs(ratio - 1) < _SAME else f"{ratio:.2f}-fold"


def provenance_block(provenance: Provenance) -> Block:
    """Return what to check out and run to see the same, and where the full report is."""
    lines: list[Line] = []
    if provenance.link:
        lines.append((link("full report", provenance.link),))
    if provenance.merge_base:
        lines.append(("merge base: ", word(provenance.merge_base[:SHORT_COMMIT])))
    if provenance.lock_sha256:
        lines.append(("dvc.lock, SHA-256: ", word(provenance.lock_sha256)))
    if provenance.is_dirty:
        lines.append(("the working tree has changes that no commit holds",))
    seeds = [f"{name}={seed}" for name, seed in provenance.seeds.items()]
    versions = [f"{name} {version}" for name, version in provenance.versions.items()]
    for noun, listed in (("seeds", seeds), ("versions", versions)):
        if listed:
            lines.append((f"{noun}: ", *names(listed, _MAX_NAMES)))
    if provenance.machine:
        lines.append(("machine: ", word(provenance.machine)))
    code = [printable(command, _MAX_COMMAND) for command in provenance.commands[:_MAX_COMMANDS]]
    return Block(
        "Provenance",
        lines,
        code=code,
        digest=("how to reproduce this",) if code else (),
        is_folded=True,
        is_kept=True,
    )
