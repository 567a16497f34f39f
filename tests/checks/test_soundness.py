from collections.abc import Callable

import pyarrow as pa
import pytest

from winnow.checks import soundness
from winnow.checks.check import Check
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import MAX_EXAMPLES, Example, Finding

MakeFacts = Callable[..., Facts]
MakeConfig = Callable[..., ChecksConfig]
ALL = ("train", "val", "test")
CHECKS: tuple[type[Check], ...] = (
    soundness.TwoClasses,
    soundness.TrainImages,
    soundness.JudgedImages,
    soundness.BytesPresent,
    soundness.GroupsApart,
    soundness.TestImages,
    soundness.ValidationImages,
)


@pytest.fixture
def found(config: MakeConfig) -> Callable[[Facts], dict[str, Finding]]:
    return lambda known: {finding.id: finding for check in CHECKS for finding in check(config()).find(known)}


Found = Callable[[Facts], dict[str, Finding]]


def test_a_sound_data_set_has_no_findings(found: Found, sound: Facts) -> None:
    assert found(sound) == {}


@pytest.mark.parametrize("rows", [[], [("oak", split, 20) for split in ALL]])
def test_one_class_is_no_problem_to_learn(found: Found, facts: MakeFacts, rows: list[tuple[str, str, int]]) -> None:
    finding = found(facts(*rows))["D101"]
    assert finding.severity == "error"
    assert ("'oak'" if rows else "none") in finding.message


def test_a_class_without_training_images_is_named(found: Found, facts: MakeFacts) -> None:
    known = facts(*(("oak", split, 20) for split in ALL), ("ash", "val", 3), ("ash", "test", 3))
    assert found(known).keys() == {"D102"}
    assert "'ash'" in found(known)["D102"].message


@pytest.mark.parametrize("absent", ["val", "test"])
def test_a_class_that_cannot_be_judged_is_named_and_nothing_is_moved(
    found: Found, facts: MakeFacts, absent: str
) -> None:
    known = facts(
        *((label, split, 20) for label in ("ash", "oak") for split in ALL if (label, split) != ("oak", absent))
    )
    finding = found(known)["D103"]
    assert finding.severity == "warning"
    assert finding.message == f"no {absent} images of 'oak'"


def test_labelled_images_without_bytes_are_counted_and_shown(found: Found, sound: Facts) -> None:
    parts = sound.index["part"].to_pylist()
    parts[7:30] = [None] * 23
    absent = sound.index.set_column(4, "part", pa.array(parts, pa.string()))
    finding = found(Facts(absent, num_unlabelled=0))["D104"]
    assert finding.severity == "error"
    assert "23 of 72" in finding.message
    assert finding.examples == [Example((f"{at:020x}",)) for at in range(7, 7 + MAX_EXAMPLES)]
    assert "dvc pull" in finding.hint
    assert "winnow add" in finding.hint


def test_a_group_in_two_splits_is_a_leak_and_not_named(found: Found, facts: MakeFacts) -> None:
    rows = [(label, split, 12) for label in ("ash", "oak") for split in ALL]
    known = facts(*rows, groups={0: "patient 7", 1: "patient 7", 62: "patient 7", 2: "b", 3: "b"})
    finding = found(known)["D105"]
    assert finding.severity == "error"
    assert finding.message == "1 group in more than one split"
    assert [example.ids for example in finding.examples] == [(f"{at:020x}",) for at in (0, 1, 62)]


def test_images_without_group_are_no_group(found: Found, facts: MakeFacts) -> None:
    assert "D105" not in found(facts(("oak", "train", 1), ("oak", "test", 1)))


def test_no_test_images_at_all_is_an_error(found: Found, facts: MakeFacts) -> None:
    known = facts(*((label, split, 20) for label in ("ash", "oak") for split in ("train", "val")))
    assert found(known).keys() == {"D106"}
    assert found(known)["D106"].severity == "error"


def test_no_validation_images_at_all_is_a_warning(found: Found, facts: MakeFacts) -> None:
    known = facts(*((label, split, 20) for label in ("ash", "oak") for split in ("train", "test")))
    assert found(known).keys() == {"D107"}
