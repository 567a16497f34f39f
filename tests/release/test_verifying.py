"""The whole verification, in a clone that has nothing but Git."""

from typing import Any

import pytest
from registered import CARD, promote_quietly
from released import Works

from winnow.release.record import Verification
from winnow.release.subject import find_subject
from winnow.release.verifying import verify

pytestmark = pytest.mark.slow


def verified(works: Works, stage: Any = "staging", version: str = "v1.0.0") -> Verification:
    with find_subject(works.elsewhere(f"ci-{version}-{stage}"), "classifier", version, stage) as subject:
        return verify(subject)


def failed(found: Verification) -> dict[str, str]:
    return {check.id: check.note for check in found.checks if check.result == "fail"}


def test_a_good_model_passes_and_a_worse_one_is_not_to_take_its_place(works: Works) -> None:
    works.register("v1.0.0")
    first = works.git("rev-parse", "HEAD")
    found = verified(works)
    assert failed(found) == {}
    assert (found.served, found.num_images, found.vault, len(found.files)) == ("model.onnx", 40, "due", 3)
    promote_quietly(works.project, first, "v1.0.0")
    works.release_model("3", range(20))
    works.register("v1.1.0")
    promote_quietly(works.project, works.git("rev-parse", "HEAD"), "v1.1.0")
    works.git("push", "-q", "--tags", "origin")
    found = verified(works, "production", "v1.1.0")
    # Against its own base, and against what it would replace.
    assert set(failed(found)) == {"evidence", "production"}
    assert failed(found)["production"].startswith("against v1.0.0 in production the model is worse")
    assert found.metrics["accuracy"].value == pytest.approx(0.5), "all else was looked at, too"


def test_what_somebody_answers_for_by_name_is_overridden_and_nothing_else_is(works: Works) -> None:
    works.release_model("3", range(20))
    works.register("v1.0.0")
    commit = works.git("rev-parse", "HEAD")
    refusal = failed(verified(works))["evidence"]
    override = {"reason": "the camera is new", "by": "ada", "refusals": [refusal]}
    promote_quietly(works.project, commit, "v1.0.0", "staging", override=override)
    works.git("push", "-q", "--tags", "origin")
    (works.folder / "ci-v1.0.0-staging").rename(works.folder / "before")
    found = verified(works)
    assert failed(found) == {}
    assert [check.note for check in found.checks if check.result == "overridden"] == [refusal]


def test_a_version_of_another_tool_and_a_card_with_gaps_are_told_beside_all_the_rest(works: Works) -> None:
    works.project.card_source.write_text(CARD.replace("data_licence: CC0-1.0", "data_licence: TODO"))
    works.release_model("3", range(2), says=range(8))
    works.git("tag", "-a", "classifier@v1.0.0", "-m", "Registering artifact")
    works.git("push", "-q", "--tags", "origin")
    found = verified(works)
    assert set(failed(found)) == {"card", "record", "parity"}
    assert failed(found)["card"] == "card.yaml does not say data_licence"
    assert "carries no record" in failed(found)["record"]


def test_a_remote_that_has_lost_the_model_fails_it(works: Works) -> None:
    works.register("v1.0.0")
    (works.folder / "storage").rename(works.folder / "gone")
    found = verified(works)
    assert {"evidence", "files"} <= set(failed(found))
    assert (found.data_hash, found.served) == (None, "")
    assert not any(str(works.folder) in check.note for check in found.checks)
