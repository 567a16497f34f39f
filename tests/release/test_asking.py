"""Events of GitHub as they come, and as they are forged."""

import json
from pathlib import Path
from typing import Any

import pytest
from registered import promote_quietly
from released import Works

from winnow.errors import UsageError
from winnow.project import Project
from winnow.release.asking import read_request, write_outputs
from winnow.release.record import Request


class Caller:
    """A repository whose workflow is called."""

    def __init__(self, works: Works, tmp_path: Path) -> None:
        self.works = works
        self.event = tmp_path / "event.json"

    def ask(self, kind: str, content: Any, ref: str = "refs/heads/main") -> Request:
        self.event.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        variables = {"GITHUB_EVENT_NAME": kind, "GITHUB_EVENT_PATH": str(self.event), "GITHUB_REF": ref}
        return read_request(Project(self.works.root), variables)

    def push(self, tag: str, **more: Any) -> Request:
        ref = f"refs/tags/{tag}"
        return self.ask("push", {"ref": ref, **more}, ref)

    def dispatch(self, **inputs: Any) -> Request:
        return self.ask("workflow_dispatch", {"inputs": inputs})

    def webhook(self, action: str = "staged_model", **payload: Any) -> Request:
        return self.ask("repository_dispatch", {"action": action, "client_payload": payload})


@pytest.fixture(scope="module")
def shared(built: Works, tmp_path_factory: pytest.TempPathFactory) -> Works:
    works = built.copy(tmp_path_factory.mktemp("shared") / "works")
    works.register("v1.0.0")
    return works


@pytest.fixture
def asked_only(shared: Works, tmp_path: Path) -> Caller:
    """A repository to which nothing is added."""
    return Caller(shared, tmp_path)


@pytest.fixture
def caller(shared: Works, tmp_path: Path) -> Caller:
    return Caller(shared.copy(tmp_path / "works"), tmp_path)


def test_a_version_is_to_be_staged(asked_only: Caller) -> None:
    asked = asked_only.push("classifier@v1.0.0")
    assert (asked.action, asked.model, asked.stage, asked.folder) == (
        *("promote", "classifier@v1.0.0", "staging", "."),
    )
    assert asked.reason == "the tag classifier@v1.0.0"


def test_an_assignment_that_a_person_made_is_to_be_deployed(caller: Caller) -> None:
    commit = caller.works.git("rev-parse", "HEAD")
    tag = promote_quietly(caller.works.project, commit, "v1.0.0")
    asked = caller.push(tag)
    assert (asked.action, asked.model, asked.stage) == ("deploy", "classifier@v1.0.0", "production")
    # Plain GTO writes no record, and its tag asks for the same.
    caller.works.git("tag", "-a", "classifier#staging#2", "-m", "Assigning stage", commit)
    assert caller.push("classifier#staging#2").stage == "staging"


def test_an_assignment_that_a_later_one_has_replaced_deploys_nothing(caller: Caller) -> None:
    commit = caller.works.git("rev-parse", "HEAD")
    old = promote_quietly(caller.works.project, commit, "v1.0.0")
    caller.works.release_model("9", range(2))
    caller.works.register("v1.1.0")
    promote_quietly(caller.works.project, caller.works.git("rev-parse", "HEAD"), "v1.1.0")
    asked = caller.push(old)
    assert (asked.action, asked.reason) == ("none", f"{old} was replaced by a later assignment")


def test_a_webhook_stages_and_a_form_may_name_either_stage(asked_only: Caller) -> None:
    asked = asked_only.webhook(artifact_collection_name="classifier", artifact_version_string="lab/r/classifier:v1.0.0")
    assert (asked.action, asked.model, asked.stage) == ("promote", "classifier@v1.0.0", "staging")
    asked = asked_only.dispatch(name="classifier", version="v1.0.0", stage="production")
    assert (asked.action, asked.model, asked.stage) == ("promote", "classifier@v1.0.0", "production")


def test_what_is_in_the_stage_already_is_deployed_and_not_assigned_again(caller: Caller) -> None:
    promote_quietly(caller.works.project, caller.works.git("rev-parse", "HEAD"), "v1.0.0", "staging")
    asked = caller.dispatch(name="classifier", version="v1.0.0", stage="staging")
    assert asked.action == "deploy"
    assert asked.reason.endswith("it is in staging already")


@pytest.mark.parametrize(
    ("tag", "more", "reason"),
    [
        ("other@v1.0.0", {}, "no project here has the model other"),
        ("@scope/package@v1.0.0", {}, "none of the registry"),
        ("classifier@v1.0.0!#3", {}, "takes something back"),
        ("classifier@deprecated", {}, "takes something back"),
        ("classifier#dev#3", {}, "nothing is deployed to the stage dev"),
        ("classifier@v1.0.0", {"deleted": True}, "was removed"),
    ],
)
def test_tags_that_ask_for_nothing_are_passed_over(asked_only: Caller, tag: str, more: Any, reason: str) -> None:
    asked = asked_only.push(tag, **more)
    assert asked.action == "none"
    assert reason in asked.reason


@pytest.mark.parametrize(
    ("kind", "content", "ref", "said"),
    [
        ("push", {"ref": "refs/tags/classifier@v1.0.0"}, "refs/heads/main", "expected the push of a tag"),
        ("push", {"ref": "refs/heads/main"}, "refs/heads/main", "expected the push of a tag"),
        ("push", {"ref": "refs/tags/classifier@v9.0.0"}, "refs/tags/classifier@v9.0.0", "has no version v9.0.0"),
        ("push", {"ref": "refs/tags/classifier#staging#9"}, "refs/tags/classifier#staging#9", "is no version"),
        ("pull_request", {}, "", "expected a push of a tag"),
        ("push", "[1]", "", "expected the event"),
        ("push", "{", "", "expected the event"),
        ("repository_dispatch", {"action": "deploy_now", "client_payload": {}}, "", "expected the event staged_model"),
        ("repository_dispatch", {"action": "staged_model", "client_payload": "x"}, "", "`client_payload`, got 'x'"),
        ("workflow_dispatch", {"inputs": None}, "", "`inputs`, got NoneType"),
    ],
)
def test_events_that_cannot_be_are_refused(asked_only: Caller, kind: str, content: Any, ref: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        asked_only.ask(kind, content, ref)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"name": "classifier", "version": "v1.0.0", "stage": "everywhere"}, "expected a stage of"),
        ({"name": "classifier", "version": "v1.0.0;reboot", "stage": "staging"}, "expected a version such as"),
        ({"name": "$(reboot)", "version": "v1.0.0", "stage": "staging"}, "expected one project of the default branch"),
        (
            {"name": "../classifier", "version": "v1.0.0", "stage": "staging"},
            "expected one project of the default branch",
        ),
        ({"name": 7, "version": "v1.0.0", "stage": "staging"}, "expected a name, got int"),
        ({"name": "classifier", "version": "v2.0.0", "stage": "staging"}, "has no version v2.0.0"),
    ],
)
def test_a_forged_form_gets_no_further_than_the_grammar(asked_only: Caller, inputs: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        asked_only.dispatch(**inputs)


def test_a_name_that_two_projects_share_is_asked_in_full(caller: Caller) -> None:
    works = caller.works
    moles = works.root / "moles"
    moles.mkdir()
    for name in ("params.yaml", "dvc.yaml"):
        (moles / name).write_bytes((works.root / name).read_bytes())
    (works.root / "broken").mkdir()
    (works.root / "broken" / "params.yaml").write_text("schema: 9\n", encoding="utf-8")
    (works.root / "broken" / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    works.git("add", "-A")
    with pytest.raises(UsageError, match="got 2"):
        caller.dispatch(name="classifier", version="v1.0.0", stage="staging")


def test_outputs_are_single_lines_of_checked_words(asked_only: Caller, tmp_path: Path) -> None:
    asked = asked_only.push("classifier@v1.0.0")
    place, outputs = tmp_path / "out" / "request.json", tmp_path / "outputs"
    write_outputs(asked, place, {"GITHUB_OUTPUT": str(outputs)})
    assert outputs.read_text(encoding="utf-8").splitlines() == [
        "action=promote",
        "artifact=classifier",
        "stage=staging",
        "model=classifier@v1.0.0",
    ]
    assert Request.from_dict(json.loads(place.read_bytes()), "request.json") == asked
    write_outputs(asked_only.push("other@v1.0.0"), place, {})
    assert json.loads(place.read_bytes())["action"] == "none"
