from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from winnow.checks import balance
from winnow.checks.balance import num_test_images, smallest_difference
from winnow.checks.check import Check
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import Finding
from winnow.gate_config import Sensitivity

MakeFacts = Callable[..., Facts]
MakeConfig = Callable[..., ChecksConfig]
Found = Callable[..., dict[str, Finding]]
ALL = ("train", "val", "test")
CHECKS: tuple[type[Check], ...] = (
    balance.FewImages,
    balance.Imbalance,
    balance.Unlabelled,
    balance.SimilarNames,
    balance.TestSize,
    balance.DominantGroup,
)


@pytest.fixture
def found(config: MakeConfig) -> Found:
    def find(known: Facts, **changes: object) -> dict[str, Finding]:
        return {finding.id: finding for check in CHECKS for finding in check(config(**changes)).find(known)}

    return find


def test_a_sound_data_set_has_no_findings(found: Found, sound: Facts) -> None:
    assert found(sound) == {}


@pytest.mark.parametrize(("count", "is_few"), [(1, True), (9, True), (10, False)])
def test_few_training_images_of_a_class_are_named(found: Found, facts: MakeFacts, count: int, *, is_few: bool) -> None:
    known = facts(*((label, split, count) for label in ("ash", "oak") for split in ALL))
    assert ("D201" in found(known)) == is_few
    assert "D201" not in found(known, min_images=1)


@pytest.mark.parametrize(("largest", "is_strong"), [(200, False), (201, True)])
def test_a_strong_imbalance_is_told_with_both_counts(
    found: Found, facts: MakeFacts, largest: int, *, is_strong: bool
) -> None:
    known = facts(("ash", "train", 20), ("oak", "train", largest), ("ash", "test", 1), ("oak", "test", 1))
    assert ("D202" in found(known)) == is_strong
    assert "D202" not in found(known, max_imbalance=20.0)
    if is_strong:
        assert "201 training images of 'oak', 20 of 'ash'" in found(known)["D202"].message


def test_unlabelled_images_are_counted(found: Found, sound: Facts) -> None:
    finding = found(replace(sound, num_unlabelled=4))["D203"]
    assert (finding.severity, finding.message) == ("info", "4 images have no label")


def test_spellings_of_one_class_are_told(found: Found, facts: MakeFacts) -> None:
    labels = ("Red oak", "red  oak", "redoak", "ash", "ash tree")
    known = facts(*((label, split, 20) for label in labels for split in ALL))
    assert found(known).keys() == {"D204"}
    assert "'Red oak', 'red  oak', 'redoak'" in found(known)["D204"].message


ASKED = Sensitivity(margin=0.02, alpha=0.05, power=0.8)


def asking(known: Facts, margin: float) -> Facts:
    return replace(known, sensitivity=replace(ASKED, margin=margin))


def test_too_few_test_images_are_told_with_what_they_can_show_and_how_many_it_takes(
    found: Found, facts: MakeFacts
) -> None:
    known = facts(("ash", "train", 50), ("oak", "train", 50), ("ash", "test", 50), ("oak", "test", 50))
    finding = found(asking(known, 0.02), disagreement=0.1)["D205"]
    needed = num_test_images(ASKED, 0.1, 0.02)
    assert finding.severity == "warning"
    assert (
        finding.message == f"100 test images show differences in accuracy from 0.088 on; {needed} are needed for 0.02"
    )
    assert num_test_images(ASKED, 0.1, 0.088) == pytest.approx(100, abs=1)
    assert "D205" not in found(asking(known, 0.1), disagreement=0.1)


def test_groups_make_test_images_count_for_less_and_that_is_said(found: Found, facts: MakeFacts) -> None:
    known = facts(("ash", "test", 50), ("oak", "test", 50), groups={at: f"g{at // 20}" for at in range(100)})
    assert found(asking(known, 0.02), disagreement=0.1)["D205"].message.endswith(
        "(more, because images share 5 groups)"
    )


def test_a_handful_of_test_images_shows_no_difference_at_all(found: Found, facts: MakeFacts) -> None:
    known = facts(("ash", "test", 1), ("oak", "test", 1))
    assert found(known)["D205"].message.startswith("2 test images show no difference in accuracy; ")


def test_no_test_images_are_another_checks_business(found: Found, facts: MakeFacts) -> None:
    known = asking(facts(("ash", "train", 50), ("oak", "train", 50)), 0.02)
    assert "D205" not in found(known, disagreement=0.1)


@pytest.mark.parametrize(
    ("margin", "disagreement", "expected"),
    # Connor (1987), by hand: ((1.95996 sqrt(psi) + 0.84162 sqrt(psi - d^2)) / d)^2, rounded up.
    [(0.02, 0.1, 1960), (0.05, 0.1, 312), (0.01, 0.1, 7847), (0.03, 0.03, 259), (0.1, 0.02, 76)],
)
def test_the_number_of_images_follows_its_formula(margin: float, disagreement: float, expected: int) -> None:
    assert num_test_images(ASKED, disagreement, margin) == pytest.approx(expected, abs=1)


def test_so_many_images_find_the_difference_as_often_as_asked() -> None:
    """Simulated test sets, judged by McNemar's test without continuity correction, which the formula is about."""
    rng = np.random.default_rng(0)
    margin, disagreement = 0.05, 0.15
    count = num_test_images(ASKED, disagreement, margin)
    shares = [(disagreement + margin) / 2, (disagreement - margin) / 2, 1 - disagreement]
    better, worse, _ = rng.multinomial(count, shares, 4000).T
    p = stats.norm.sf(np.abs(better - worse) / np.sqrt(better + worse)) * 2
    assert (p < 0.05).mean() == pytest.approx(0.8, abs=0.03)


def test_the_smallest_difference_is_the_one_that_just_so_many_images_show() -> None:
    for count in (50, 500, 5000):
        seen = smallest_difference(ASKED, 0.1, count)
        assert seen is not None
        assert num_test_images(ASKED, 0.1, seen) <= count < num_test_images(ASKED, 0.1, seen * 0.99)
    assert smallest_difference(ASKED, 0.1, 2) is None


def test_one_group_that_holds_most_of_a_split_is_told_without_its_name(found: Found, facts: MakeFacts) -> None:
    rows = [(label, split, 20) for label in ("ash", "oak") for split in ALL]
    # ash: train 0-19, val 20-39, test 40-59; oak: from 60 on.
    test = facts(*rows, groups=dict.fromkeys([*range(40, 60), *range(100, 105)], "patient 7"))
    finding = found(test)["D206"]
    assert finding.severity == "warning"
    assert finding.message == "one group holds 62% of the test images"
    assert finding.examples[0].ids == (f"{40:020x}",)
    assert "patient" not in str(finding)


def test_one_group_that_holds_most_of_a_class_is_told(found: Found, facts: MakeFacts) -> None:
    known = facts(
        *((label, split, 20) for label in ("ash", "oak") for split in ALL), groups=dict.fromkeys(range(15), "x")
    )
    finding = found(known)["D206"]
    assert finding.message == "one group holds more than 50% of the training images of 'ash'"
    assert "D206" not in found(known, max_group_fraction=0.8)
    assert "D206" not in found(known, min_images=16)


def test_many_small_groups_are_in_order(found: Found, facts: MakeFacts) -> None:
    rows = [(label, split, 20) for label in ("ash", "oak") for split in ALL]
    assert "D206" not in found(facts(*rows, groups={at: f"g{at // 5}" for at in range(120)}))
