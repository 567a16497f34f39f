import pytest

from winnow.data.labels import Labels
from winnow.ingest.ledger import Ledger, Verdict

A, B, C = "a" * 20, "b" * 20, "c" * 20


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(Labels.from_rows([(A, "cat", "", "", ""), (B, "dog", "", "", "")]))


def test_an_unknown_image_is_new_once(ledger: Ledger) -> None:
    assert [ledger.judge(C, "cat"), ledger.judge(C, "cat")] == [Verdict.NEW, Verdict.REPEATED]


def test_a_known_image_with_its_label_is_known(ledger: Ledger) -> None:
    assert [ledger.judge(A, "cat"), ledger.judge(A, "cat")] == [Verdict.KNOWN, Verdict.REPEATED]


def test_a_known_image_with_another_label_has_moved(ledger: Ledger) -> None:
    assert ledger.judge(A, "dog") is Verdict.MOVED
    assert ledger.known_label(A) == "cat"


def test_a_source_without_labels_contradicts_nothing(ledger: Ledger) -> None:
    assert ledger.judge(A, "") is Verdict.KNOWN


@pytest.mark.parametrize("image", [A, C])
def test_two_labels_in_one_run_clash_and_go_on_clashing(ledger: Ledger, image: str) -> None:
    ledger.judge(image, "cat")
    assert [ledger.judge(image, label) for label in ("dog", "cat", "")] == [Verdict.CLASHING] * 3
    assert ledger.clashing == {image}


def test_an_unlabelled_and_a_labelled_copy_clash(ledger: Ledger) -> None:
    assert [ledger.judge(C, ""), ledger.judge(C, "cat")] == [Verdict.NEW, Verdict.CLASHING]


def test_known_images_that_were_not_met_are_missing(ledger: Ledger) -> None:
    assert ledger.missing() == [A, B]
    ledger.judge(B, "cow")
    assert ledger.missing() == [A]


@pytest.mark.parametrize("image", [A, C])
def test_what_was_erased_is_erased_whatever_else_is_said_of_it(image: str) -> None:
    ledger = Ledger(Labels.from_rows([(A, "cat", "", "", "")]), erased={A, C})
    assert [ledger.judge(image, label) for label in ("cat", "dog")] == [Verdict.ERASED] * 2
    assert ledger.judge(B, "cat") is Verdict.NEW
    assert ledger.clashing == set()
