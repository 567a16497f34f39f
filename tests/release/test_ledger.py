"""Checks go on where one fails."""

from pathlib import Path

from winnow.errors import CheckError
from winnow.release.ledger import Ledger


def refused() -> str:
    raise CheckError("/tmp/here/model.onnx differs", hint="mend it")


def test_what_fails_is_noted_without_a_place_of_this_machine_and_the_rest_goes_on() -> None:
    ledger = Ledger((Path("/tmp/here"),))
    assert ledger.require("files", lambda: "all of them")
    assert not ledger.require("load", refused)
    assert ledger.attempt("parity", refused) is None
    assert ledger.attempt("nothing to say", lambda: 3) == 3
    assert [(check.id, check.result, check.note) for check in ledger.checks] == [
        ("files", "pass", "all of them"),
        ("load", "fail", "model.onnx differs (hint: mend it)"),
        ("parity", "fail", "model.onnx differs (hint: mend it)"),
    ]


def test_only_the_very_refusal_that_somebody_answers_for_is_overridden() -> None:
    ledger = Ledger()
    ledger.refuse("evidence", ["worse", "stale"], {"worse", "old"}, otherwise="fine")
    ledger.refuse("record", [], {"worse"}, otherwise="fine")
    assert [check.result for check in ledger.checks] == ["overridden", "fail", "pass"]


def test_a_note_is_one_printable_line() -> None:
    ledger = Ledger()
    ledger.note("parity", "fail", "a\nb\x1b[2J" + "x" * 2000)
    assert ledger.checks[0].note.isprintable()
    assert len(ledger.checks[0].note) <= 1000
