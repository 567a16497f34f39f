"""The gates as a table: what was asked for, and what came of it."""

from collections import Counter

from winnow.markup.amounts import bytes_text, seconds_text
from winnow.markup.blocks import Block, Line, Row, Strong, Symbol, prose, word
from winnow.verdict.account.words import UNKNOWN, value_text
from winnow.verdict.record.context import Gate

_WORST_FIRST = (
    ("required", "fail"),
    ("required", "not available"),
    ("advisory", "fail"),
    ("required", "waived"),
    ("advisory", "waived"),
    ("advisory", "not available"),
    ("required", "pass"),
    ("advisory", "pass"),
)


def gates_block(gates: list[Gate]) -> Block:
    """Return one row a gate, those that need a person first."""
    ordered = sorted(gates, key=lambda gate: _WORST_FIRST.index((gate.level, gate.result)))
    counts = Counter[str](gate.result for gate in gates)
    words = {"pass": "pass", "fail": "fail", "waived": "waived", "not available": "not known"}
    digest = ", ".join(f"{counts[result]:,} {words[result]}" for result in words if counts[result])
    return Block(
        "Gates",
        header=("rule", "limit", "base", "head", "result"),
        rows=[_row(gate) for gate in ordered],
        align="lrrrl",
        digest=(digest,),
        is_kept=True,
    )


def _row(gate: Gate) -> Row:
    # The sign stands in front, where a narrow screen shows it.
    rule = (Symbol(_symbol(gate)), prose(gate.rule))
    return (rule, *(amount_text(gate.id, value) for value in (gate.limit, gate.base, gate.head)), _result(gate))


def _symbol(gate: Gate) -> str:
    if gate.result == "fail" and gate.level == "advisory":
        return "⚠️ "
    return {"pass": "✅ ", "fail": "❌ ", "waived": "🟡 ", "not available": "\u2796 "}[gate.result]


def _result(gate: Gate) -> Line:
    note = (": ", prose(gate.note)) if gate.note else ()
    advisory = ", advisory" if gate.level == "advisory" else ""
    match gate.result:
        case "pass":
            return "pass", advisory
        case "fail":
            return Strong("fails"), advisory, *note
        case "waived":
            return Strong("waived"), *_waiver(gate), *note
    return f"not available{advisory or ', so it does not pass'}", *note


def _waiver(gate: Gate) -> Line:
    if gate.waiver is None:
        return ()
    by = (" by ", word(gate.waiver.by), f" (a {gate.waiver.source})")
    return (*by, ", because ", prose(gate.waiver.reason)) if gate.waiver.reason else by


def amount_text(gate_id: str, value: float | None) -> str:
    """Return a limit or a value in the unit that the gate's id tells: bytes, seconds, milliseconds, a count."""
    if value is None:
        return UNKNOWN
    if gate_id.endswith("_bytes"):
        return bytes_text(value)
    if gate_id.endswith("_ms"):
        return f"{value:,.1f} ms"
    if gate_id.endswith("_s") and gate_id.startswith("budget"):
        return seconds_text(value)
    is_count = gate_id == "data" or gate_id.startswith("budget")
    return f"{value:,.0f}" if is_count and value == round(value) else value_text(value)
