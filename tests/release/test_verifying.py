"""The whole verification, in a clone that has nothing but Git."""

from pathlib import Path
from typing import Any

import pytest
from registered import CARD, promote_quietly
from released import Works

from winnow.examples import EXAMPLES, write_examples
from winnow.registry.pulling import find_source, pull
from winnow.release.record import Verification
from winnow.release.subject import find_subject
from winnow.release.verifying import verify
from winnow.serving import source as serving_source
from winnow.serving.model import load

pytestmark = pytest.mark.slow


def verified(works: Works, stage: Any = "staging", version: str = "v1.0.0") -> Verification:
    with find_subject(works.elsewhere("ci"), "classifier", version, stage) as subject:
        return verify(subject)


def failed(found: Verification) -> dict[str, str]:
    return {check.id: check.note for check in found.checks if check.result == "fail"}


def test_a_worse_model_is_not_to_take_the_place_of_another_until_somebody_answers_for_it(works: Works) -> None:
    works.register("v1.0.0")
    promote_quietly(works.project, works.git("rev-parse", "HEAD"), "v1.0.0")
    works.release_model("3", range(20))
    works.register("v1.1.0")
    commit = works.git("rev-parse", "HEAD")
    promote_quietly(works.project, commit, "v1.1.0")
    works.git("push", "-q", "--tags", "origin")
    found = verified(works, "production", "v1.1.0")
    # Against its own base, and against what it would replace.
    told = failed(found)
    assert set(told) == {"evidence", "production"}
    assert told["production"].startswith("against v1.0.0 in production the model is worse")
    # All else was looked at, too.
    assert (found.served, found.num_images, found.vault, len(found.files)) == ("model.onnx", 40, "due", 3)
    assert found.metrics["accuracy"].value == pytest.approx(0.5)
    override = {"reason": "the camera is new", "by": "ada", "refusals": [*told.values()]}
    promote_quietly(works.project, commit, "v1.1.0", override=override)
    works.git("push", "-q", "--tags", "origin")
    (works.folder / "ci").rename(works.folder / "before")
    found = verified(works, "production", "v1.1.0")
    assert failed(found) == {}
    assert {check.id: check.note for check in found.checks if check.result == "overridden"} == told


def test_examples_of_the_classes_are_registered_verified_pulled_and_served_with_their_model(
    works: Works, tmp_path: Path
) -> None:
    picture = b"RIFF\x04\0\0\0WEBP"
    write_examples(tmp_path / EXAMPLES, [[picture], []])
    works.release_model("3", range(2), examples=(tmp_path / EXAMPLES).read_bytes())
    works.register("v1.0.0")
    found = verified(works)
    assert failed(found) == {}
    assert "onnx/examples.zip" in found.files
    with find_source(str(works.root)) as source:
        folder = pull(source, "classifier@v1.0.0", tmp_path / "model", is_signature_required=False).folder
    loaded = load(serving_source.find_source(folder), num_threads=1, max_pixels=1000)
    assert loaded.name == "classifier@v1.0.0"
    assert [[each.content for each in pictures] for pictures in loaded.examples] == [[picture], []]


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
