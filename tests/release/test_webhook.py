"""Payloads as the hosted registry's users have them, and as somebody forges them."""

from typing import Any

import pytest

from winnow.errors import UsageError
from winnow.release.webhook import read_payload

# The template that its documentation and the course give, as it arrives.
TEMPLATE = {
    "event_author": "ada",
    "artifact_version": "wandb-artifact://_id/QXJ0aWZhY3Q6NTE3ODg5ODg3",
    "artifact_version_string": "lab/model-registry/classifier:v1.2.0",
    "artifact_collection_name": "classifier",
    "project_name": "model-registry",
    "entity_name": "lab",
}


def payload(**changes: Any) -> dict[str, Any]:
    return {**TEMPLATE, **changes}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"artifact_version_string": "lab/wandb-registry-model/classifier:1.2.0"},
        {"artifact_version_string": "lab/r/classifier:v3", "version": "v1.2.0"},
        {"artifact_version_string": "lab/r/classifier:staging", "version": "1.2.0"},
        {"artifact_version_string": "", "version": "v1.2.0"},
        {"artifact_collection_name": None},
        {"stage": "staging", "run_id": 7, "nested": {"deep": []}},
    ],
)
def test_the_usual_payload_names_a_model_and_a_version(said: dict[str, Any]) -> None:
    assert read_payload(payload(**said)) == ("classifier", "v1.2.0")


def test_a_project_in_a_folder_may_be_named_in_full() -> None:
    said = payload(name="projects/moles:classifier", artifact_collection_name="", artifact_version_string="")
    assert read_payload({**said, "version": "v1.2.0"}) == ("projects/moles:classifier", "v1.2.0")


@pytest.mark.parametrize("alias", ["v3", "latest", "staging", "v1.2", "v01.2.0"])
def test_a_counter_or_another_alias_is_no_version_and_the_answer_says_what_to_add(alias: str) -> None:
    with pytest.raises(UsageError, match=f"got only the alias '{alias}'") as refusal:
        read_payload(payload(artifact_version_string=f"lab/model-registry/classifier:{alias}"))
    assert '"version": "v1.2.0"' in refusal.value.hint


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"version": "v1.3.0"}, "names a version twice: 'v1.3.0' and 'v1.2.0'"),
        ({"artifact_collection_name": "other"}, "names a model's name twice"),
        ({"artifact_version_string": "$(reboot)"}, "is not ENTITY/PROJECT/COLLECTION:ALIAS"),
        ({"artifact_version_string": "a/b/c/d:v1.2.0"}, "is not ENTITY/PROJECT"),
        ({"artifact_version_string": ["classifier:v1.2.0"]}, "expected a plain text"),
        ({"artifact_version_string": "x" * 301}, "expected a plain text"),
        ({"artifact_collection_name": "classifier\n::set-output name=a::b"}, "expected a plain text"),
        ({"stage": "production"}, "expected a model for staging, got one for 'production'"),
        ({"artifact_version_string": None}, "got none"),
        ({"artifact_collection_name": "", "artifact_version_string": "", "version": "v1.2.0"}, "names no model"),
    ],
)
def test_a_payload_that_contradicts_itself_or_is_none_is_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("(", r"\(").replace("$", r"\$")):
        read_payload(payload(**said))
