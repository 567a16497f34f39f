import inspect
import re
from collections.abc import Callable

import pyarrow as pa
import pytest

from winnow.checks.facts import Facts
from winnow.checks.findings import MAX_EXAMPLES, Finding
from winnow.checks.rules import CHECKS, Check, run_checks

MakeFacts = Callable[..., Facts]


def found(known: Facts) -> dict[str, Finding]:
    return {finding.id: finding for finding in run_checks(known)}


def test_ids_are_unique_well_formed_and_in_order() -> None:
    ids = [check.id for check in CHECKS]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"D\d{3}", each) for each in ids)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_is_documented_and_has_a_remedy(check: Check) -> None:
    assert len(inspect.getdoc(type(check)) or "") > 20
    assert inspect.getdoc(type(check)) != inspect.getdoc(Check)
    assert check.severity in {"error", "warning", "info"}
    assert check.hint


def test_a_sound_data_set_has_no_findings(sound: Facts) -> None:
    assert run_checks(sound) == []


ALL = ("train", "val", "test")


@pytest.mark.parametrize("rows", [[], [("oak", split, 20) for split in ALL]])
def test_one_class_is_no_problem_to_learn(facts: MakeFacts, rows: list[tuple[str, str, int]]) -> None:
    finding = found(facts(*rows))["D101"]
    assert finding.severity == "error"
    assert ("'oak'" if rows else "none") in finding.message


def test_a_class_without_training_images_is_named(facts: MakeFacts) -> None:
    known = facts(*(("oak", split, 20) for split in ALL), ("ash", "val", 3), ("ash", "test", 3))
    assert found(known).keys() == {"D102"}
    assert "'ash'" in found(known)["D102"].message


@pytest.mark.parametrize("absent", ["val", "test"])
def test_a_class_that_cannot_be_judged_is_named_and_nothing_is_moved(facts: MakeFacts, absent: str) -> None:
    known = facts(
        *((label, split, 20) for label in ("ash", "oak") for split in ALL if (label, split) != ("oak", absent))
    )
    finding = found(known)["D103"]
    assert finding.severity == "warning"
    assert finding.message == f"no {absent} images of 'oak'"


def test_labelled_images_without_bytes_are_counted_and_shown(facts: MakeFacts, sound: Facts) -> None:
    parts = sound.index["part"].to_pylist()
    parts[7:30] = [None] * 23
    absent = sound.index.set_column(4, "part", pa.array(parts, pa.string()))
    finding = found(Facts(absent, num_unlabelled=0))["D104"]
    assert finding.severity == "error"
    assert "23 of 72" in finding.message
    assert finding.examples == [f"{at:020x}" for at in range(7, 7 + MAX_EXAMPLES)]
    assert "dvc pull" in finding.hint
    assert "winnow add" in finding.hint


def test_a_group_in_two_splits_is_a_leak(facts: MakeFacts) -> None:
    rows = [(label, split, 12) for label in ("ash", "oak") for split in ALL]
    known = facts(*rows, groups={0: "patient 7", 1: "patient 7", 62: "patient 7", 2: "b", 3: "b"})
    finding = found(known)["D105"]
    assert finding.severity == "error"
    assert finding.message.endswith("'patient 7'")
    assert finding.examples == [f"{at:020x}" for at in (0, 1, 62)]


def test_images_without_group_are_no_group(facts: MakeFacts) -> None:
    assert "D105" not in found(facts(("oak", "train", 1), ("oak", "test", 1)))


def test_no_test_images_at_all_is_an_error(facts: MakeFacts) -> None:
    known = facts(*((label, split, 20) for label in ("ash", "oak") for split in ("train", "val")))
    assert found(known).keys() == {"D106"}
    assert found(known)["D106"].severity == "error"


def test_no_validation_images_at_all_is_a_warning(facts: MakeFacts) -> None:
    known = facts(*((label, split, 20) for label in ("ash", "oak") for split in ("train", "test")))
    assert found(known).keys() == {"D107"}


@pytest.mark.parametrize(("count", "is_few"), [(1, True), (9, True), (10, False)])
def test_few_training_images_of_a_class_are_named(facts: MakeFacts, count: int, *, is_few: bool) -> None:
    known = facts(*((label, split, count) for label in ("ash", "oak") for split in ALL))
    assert ("D201" in found(known)) == is_few


@pytest.mark.parametrize(("largest", "is_strong"), [(200, False), (201, True)])
def test_a_strong_imbalance_is_told_with_both_counts(facts: MakeFacts, largest: int, *, is_strong: bool) -> None:
    known = facts(("ash", "train", 20), ("oak", "train", largest), ("ash", "test", 1), ("oak", "test", 1))
    assert ("D202" in found(known)) == is_strong
    if is_strong:
        assert "201 training images of 'oak', 20 of 'ash'" in found(known)["D202"].message


def test_unlabelled_images_are_counted(sound: Facts) -> None:
    finding = found(Facts(sound.index, num_unlabelled=4))["D203"]
    assert (finding.severity, finding.message) == ("info", "4 images have no label")


def test_spellings_of_one_class_are_told(facts: MakeFacts) -> None:
    labels = ("Red oak", "red  oak", "redoak", "ash", "ash tree")
    known = facts(*((label, split, 20) for label in labels for split in ALL))
    assert found(known).keys() == {"D204"}
    assert "'Red oak', 'red  oak', 'redoak'" in found(known)["D204"].message


def test_held_out_images_are_counted_with_those_that_stay(sound: Facts) -> None:
    held = [sound.index["id"][at].as_py() for at in (1, 2)]
    mask = pa.chunked_array([[at in (1, 2) for at in range(72)]])
    finding = found(sound.with_held_out(mask, [(one, "f" * 20) for one in held]))["D301"]
    assert finding.severity == "warning"
    assert finding.message.startswith("2 of 24 training images")
    assert finding.examples == held


def test_many_names_are_not_all_written_out(facts: MakeFacts) -> None:
    known = facts(*((f"class {number:02}", "test", 1) for number in range(20)))
    assert found(known)["D102"].message.endswith("'class 07' and 12 more")
