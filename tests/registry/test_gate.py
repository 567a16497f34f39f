"""Who gets in."""

import pytest
from registered import Workshop, entry_for, promote_quietly, tag_model

from winnow.errors import CheckError, UsageError
from winnow.project import Project
from winnow.registry.evidence import Evidence, Findings, at_commit
from winnow.registry.gate import against_production, require_consent, require_same
from winnow.registry.history import read_history
from winnow.registry.tags import identity, read_tags

REFUSALS = ["the required gate `primary` failed: worse", "dvc.lock is not current"]


def test_what_nothing_speaks_against_needs_no_word(project: Project) -> None:
    assert require_consent(project, [], None) is None
    assert require_consent(project, [], "just in case") is None, "an override that overrides nothing is none"


def test_what_speaks_against_a_model_is_told_whole(project: Project) -> None:
    with pytest.raises(CheckError, match=r"`primary` failed: worse; dvc\.lock is not current") as refusal:
        require_consent(project, REFUSALS, None)
    assert "--override REASON" in refusal.value.hint


def test_an_override_keeps_reason_name_and_what_it_overrode(project: Project) -> None:
    override = require_consent(project, REFUSALS, " the camera is new ")
    assert override is not None
    assert (override.reason, override.by, override.refusals) == ("the camera is new", identity(project), REFUSALS)


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001])
def test_a_reason_says_something(project: Project, reason: str) -> None:
    for refusals in ([], REFUSALS):
        with pytest.raises(UsageError, match="expected a reason"):
            require_consent(project, refusals, reason)


@pytest.mark.parametrize(("wrong", "call"), [(range(30), "worse"), (range(1), "inconclusive")])
def test_a_model_is_judged_against_the_one_that_it_would_replace(shop: Workshop, wrong: range, call: str) -> None:
    current = shop.git("rev-parse", "HEAD")
    tag_model(shop.project, entry_for(current))
    promote_quietly(shop.project, current, "v1.0.0")
    commit = shop.commit_model("3", wrong)
    history = read_history("classifier", read_tags(shop.project))
    with at_commit(shop.project, commit) as there:
        against, refusals = against_production(shop.project, there, history, None)
        assert against_production(shop.project, there, history, "v1.0.0") == (None, []), "not against itself"
    assert against is not None
    assert (against.version, against.call) == ("v1.0.0", call)
    assert len(refusals) == (call == "worse")
    if refusals:
        assert refusals[0].startswith("against v1.0.0 in production the model is worse")


def test_without_a_model_in_production_there_is_nothing_to_be_worse_than(shop: Workshop) -> None:
    with at_commit(shop.project, shop.git("rev-parse", "HEAD")) as there:
        assert against_production(shop.project, there, read_history("classifier", []), None) == (None, [])


def test_a_version_is_what_was_registered_or_it_is_told() -> None:
    entry = entry_for("a" * 40)
    findings = Findings(outcome=None, metrics={}, gates=[], latency_p95_ms=None)  # type: ignore[arg-type]
    same = Evidence(entry.commit, None, entry.data_hash, entry.lock_sha256, findings, entry.files, [])
    assert require_same(same, entry) == []
    assert require_same(same, "classifier@v1.0.0 carries no record") == ["classifier@v1.0.0 carries no record"]
    other = entry.model_copy(update={"data_hash": "f" * 64, "lock_sha256": "f" * 64})
    assert [told.split(" of")[0] for told in require_same(same, other)] == ["the data", "dvc.lock"]
    with pytest.raises(CheckError, match="files differ from those that were registered"):
        require_same(same, entry.model_copy(update={"files": {}}))
