import inspect
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from winnow.checks.check import Check
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.opinions import Opinions
from winnow.checks.rules import CHECKS, not_run, run_checks

MakeFacts = Callable[..., Facts]
MakeConfig = Callable[..., ChecksConfig]


def test_ids_are_unique_well_formed_and_in_order() -> None:
    ids = [check.id for check in CHECKS]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"D\d{3}", each) for each in ids)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_is_documented_and_has_a_remedy(check: type[Check]) -> None:
    assert len(check.__doc__ or "") > 20
    assert check.__doc__ != Check.__doc__
    assert check.severity in {"error", "warning", "info"}
    assert check.hint


def test_every_check_that_is_written_is_run() -> None:
    def below(check: type[Check]) -> set[type[Check]]:
        return {check, *(found for child in check.__subclasses__() for found in below(child))}

    ours = {check for check in below(Check) if check.__module__.startswith("winnow.")}
    assert {check for check in ours if not inspect.isabstract(check)} == set(CHECKS)


def test_a_sound_data_set_has_no_findings(sound: Facts, config: MakeConfig) -> None:
    assert run_checks(sound, config()) == []


def test_what_cannot_be_known_is_not_asked_and_said_not_to_be(sound: Facts, config: MakeConfig) -> None:
    assert {need: len(ids) for need, ids in not_run(sound).items()} == {"clusters": 2, "pictures": 11, "opinions": 2}
    known = replace(sound, clusters=[[0, 1]], opinions=Opinions(num_judged=24, num_gone=1))
    assert list(not_run(known)) == ["pictures"]
    assert [finding.id for finding in run_checks(known, config())] == ["D302", "D602"]


def test_checks_can_be_ignored_but_not_errors(facts: MakeFacts, config: MakeConfig) -> None:
    known = facts(("oak", "train", 3), num_unlabelled=1)
    before = [finding.id for finding in run_checks(known, config())]
    assert before == ["D101", "D106", "D107", "D201", "D203"]
    after = run_checks(known, config(ignore=["D101", "D106", "D201", "D203"]))
    assert [finding.id for finding in after] == ["D101", "D106", "D107"]
