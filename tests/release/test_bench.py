"""A model on the bench: each thing that can be wrong with it, found by its own check."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from branches import tiny_id
from predicted import predict, save
from registered import METRICS, TEST
from released import Works, label_of

from repository import write_params
from winnow.release.bench import Bench
from winnow.release.ledger import Ledger
from winnow.release.record import Check
from winnow.release.subject import find_subject

Ask = Callable[..., Bench]


@pytest.fixture
def ask(works: Works) -> Iterator[Ask]:
    """Return a function that registers HEAD and puts it on the bench."""
    with ExitStack() as stack:

        def put(**more: Any) -> Bench:
            works.register("v1.0.0", **more)
            subject = stack.enter_context(find_subject(works.project, "classifier", "v1.0.0", "staging"))
            bench = Bench(subject, Ledger())
            if bench.load():
                bench.score()
            return bench

        yield put


def failed(bench: Bench) -> list[Check]:
    return [check for check in bench.ledger.checks if check.result == "fail"]


def test_a_model_that_is_what_was_recorded_passes_every_check(ask: Ask) -> None:
    bench = ask()
    assert [(check.id, check.result) for check in bench.ledger.checks] == [
        (name, "pass") for name in ("files", "load", "images", "metrics", "parity")
    ]
    assert (bench.num_images, bench.metrics["accuracy"].value) == (len(TEST), pytest.approx(0.95))
    assert bench.look_for_vault() == "due"


def test_files_other_than_registered_are_not_even_loaded(ask: Ask) -> None:
    bench = ask(files={"bundle/bundle.json": {"sha256": "0" * 64, "num_bytes": 2}})
    assert [check.id for check in bench.ledger.checks] == ["files"]
    assert "is other than registered" in failed(bench)[0].note
    assert bench.exported is None


def test_an_exported_file_that_answers_otherwise_fails_parity(works: Works, ask: Ask) -> None:
    works.release_model("9", range(2), says=range(5))
    [check] = failed(ask())
    assert check.id == "parity"
    assert check.note.startswith("model.onnx does not answer as recorded: probabilities differ by at most 0.6")


def test_metrics_that_the_predictions_do_not_give_are_found(works: Works, ask: Ask) -> None:
    works.project.metrics.write_text(METRICS.format(0.99), encoding="utf-8")
    works.commit("better on paper")
    [check] = failed(ask())
    assert (check.id, "accuracy 0.99" in check.note) == ("metrics", True)


def test_predictions_that_leave_out_what_the_model_got_wrong_are_found(works: Works, ask: Ask) -> None:
    save(works.project.predictions, predict({tiny_id(n): label_of(n) for n in TEST[2:]}))
    works.project.metrics.write_text(METRICS.format(1.0), encoding="utf-8")
    works.commit("what it got wrong is gone")
    [check] = failed(ask())
    assert (check.id, "than the test split: 2 differ" in check.note) == ("images", True)


def test_a_budget_is_judged_by_the_bytes_that_arrived(works: Works, ask: Ask) -> None:
    budgets = [{"name": "model_bytes", "limit": 1000, "level": "required"}]
    write_params(works.root, gate__budgets=budgets, gate__data="advisory", prepare__size=4, prepare__channels=1)
    works.commit("budgets")
    bench = ask()
    bench.measure()
    assert [check.id for check in failed(bench)] == ["size"]
    assert bench.timing is not None
    assert bench.timing.recorded_p95_ms == 1.0
    assert bench.timing.p50_ms > 0


def test_an_earlier_look_counts_and_a_taken_one_is_refused(works: Works, ask: Ask) -> None:
    bench = ask()
    found = bench.look()
    assert found.passed
    assert bench.look_for_vault() == "passed"
    assert "nobody had looked at" in bench.ledger.checks[-1].note
    ref = bench.ticket.ref
    works.git("push", "-q", "origin", f":{ref.name}")
    ref.move(bench.ticket.opening())
    assert bench.look_for_vault() == "failed"
    assert "no result was kept" in bench.ledger.checks[-1].note
