import pytest
from sample_verdicts import better, worse

from winnow.markup.blocks import Row, pieces
from winnow.verdict.account.gates import amount_text, gates_block
from winnow.verdict.record.context import Gate, Waiver

GATE = Gate(
    id="classes", level="required", rule="no class gets worse", limit=None, base=None, head=None, result="pass",
    note="", waiver=None,
)  # fmt: skip


def told(row: Row) -> list[str]:
    return ["".join(pieces(cell)) for cell in row]


def result(**changes: object) -> tuple[str, str]:
    """Return the symbol and the words of a gate."""
    [row] = gates_block([GATE.model_copy(update=changes)]).rows
    return told(row)[0].removesuffix(" no class gets worse"), told(row)[-1]


def test_a_gate_is_a_row() -> None:
    block = gates_block(better().gates)
    assert block.header == ("rule", "limit", "base", "head", "result")
    assert told(block.rows[1]) == ["✅ accuracy is at least 0.9", "0.900", "0.912", "0.931", "pass"]


def test_those_that_need_a_person_come_first() -> None:
    block = gates_block(worse().gates)
    assert [told(row)[0][0] for row in block.rows] == ["❌", "❌", "\u2796", "⚠", "🟡", "✅"]
    assert "".join(block.digest) == "1 pass, 3 fail, 1 waived, 1 not known"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("✅", "pass")),
        ({"level": "advisory"}, ("✅", "pass, advisory")),
        ({"result": "fail", "note": "cat, dog"}, ("❌", "fails: cat, dog")),
        ({"result": "fail", "level": "advisory"}, ("⚠️", "fails, advisory")),
        ({"result": "not available", "note": "no base"}, ("\u2796", "not available, so it does not pass: no base")),
        ({"result": "not available", "level": "advisory"}, ("\u2796", "not available, advisory")),
        ({"result": "waived"}, ("🟡", "waived")),
    ],
)
def test_a_result_is_a_symbol_and_words(changes: dict[str, object], expected: tuple[str, str]) -> None:
    assert result(**changes) == expected


def test_a_waiver_names_who_and_why() -> None:
    waiver = Waiver(reason="blurred camera", by="m.keller", source="file")
    words = "waived by m.keller (a file), because blurred camera: north"
    assert result(result="waived", waiver=waiver, note="north") == ("🟡", words)
    silent = waiver.model_copy(update={"reason": "", "source": "label"})
    assert result(result="waived", waiver=silent) == ("🟡", "waived by m.keller (a label)")


@pytest.mark.parametrize(
    ("gate", "value", "words"),
    [
        ("budget:model_bytes", 11_200_000, "11.2 MB"),
        ("budget:latency_p95_ms", 12.41, "12.4 ms"),
        ("budget:train_s", 244, "4 min 4 s"),
        ("budget:num_parameters", 2_800_000, "2,800,000"),
        ("floor:accuracy", 0.9, "0.900"),
        ("floor:my_s", 0.5, "0.500"),
        ("data", 0, "0"),
        ("data", None, "\u2013"),
    ],
)
def test_an_amount_has_the_unit_that_its_gate_tells(gate: str, value: float | None, words: str) -> None:
    assert amount_text(gate, value) == words
