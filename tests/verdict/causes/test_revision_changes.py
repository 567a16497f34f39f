import json
from pathlib import Path

import pytest
from history import begin, commit, lock_text, md5, pipeline_text, write

from winnow.project import Project
from winnow.records import NotAvailable
from winnow.verdict.causes.revision_changes import find_changes
from winnow.verdict.record.context import ChangedFile, Changes, KeyChange, Stage


def train(data: str, rate: float, extra: dict[str, object]) -> dict[str, object]:
    params = {"params.yaml": {"train.lr": rate}, "conf/more.json": extra}
    return {"cmd": "run train", "deps": {"data.csv": md5(data)}, "params": params}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository of somebody else's: no params.yaml of ours, another params file beside it."""
    root = begin(tmp_path / "repository")
    first = {"data.csv": "1", "params.yaml": "train: {lr: 0.1}", "conf/more.json": '{"k": 1}'}
    commit(
        root, {**first, "dvc.yaml": pipeline_text("train"), "dvc.lock": lock_text({"train": train("1", 0.1, {"k": 1})})}
    )
    return Project(root)


def found(project: Project, base: str) -> Changes:
    changes = find_changes(project, base)
    assert isinstance(changes, Changes)
    return changes


def test_params_stages_and_files_tell_one_story(project: Project) -> None:
    base = commit(project.root)
    second = {"data.csv": "2", "params.yaml": "train: {lr: 0.2}", "conf/more.json": '{"k": 1}'}
    commit(project.root, {**second, "dvc.lock": lock_text({"train": train("2", 0.2, {"k": 1})})})
    assert found(project, base) == Changes(
        params=[KeyChange(key="train.lr", base="0.1", head="0.2")],
        stages=[Stage(name="train", state="ran", reasons=["data.csv", "train.lr"])],
        files=[
            ChangedFile(path="data.csv", status="modified", stages=["train"]),
            ChangedFile(path="params.yaml", status="modified", stages=["train"]),
            ChangedFile(path="dvc.lock", status="modified", stages=[]),
        ],
        num_commits=1,
    )


def test_other_params_files_are_known_from_the_lock(project: Project) -> None:
    base = commit(project.root)
    write(project.root, {"conf/more.json": '{"k": 5}'})
    changes = found(project, base)
    assert changes.params == [KeyChange(key="conf/more.json:k", base="1", head="5")]
    assert changes.stages == [Stage(name="train", state="out of date", reasons=["conf/more.json:k"])]
    assert changes.files == [ChangedFile(path="conf/more.json", status="modified", stages=["train"])]


def test_params_files_that_only_the_pipeline_names_are_compared_too(project: Project) -> None:
    files = {"top.yaml": "a: 1", "stage.toml": "b = 1", "skipped ${x}.yaml": "c: 1"}
    pipeline = {"params": ["top.yaml"], "stages": {"new": {"params": ["lr", {"stage.toml": ["b"]}]}, "odd": None}}
    base = commit(project.root, {**files, "dvc.yaml": json.dumps(pipeline)})
    write(project.root, {"top.yaml": "a: 2", "stage.toml": "b = 2"})
    assert [change.key for change in found(project, base).params] == ["top.yaml:a", "stage.toml:b"]


def test_a_base_before_dvc_has_no_stages(tmp_path: Path) -> None:
    root = begin(tmp_path / "repository")
    base = commit(root, {"readme.md": "x"})
    lock = lock_text({"train": {"cmd": "run train", "deps": {"data.csv": md5("1")}}})
    commit(root, {"data.csv": "1", "dvc.yaml": pipeline_text("train"), "dvc.lock": lock})
    changes = found(Project(root), base)
    assert changes.stages == [Stage(name="train", state="new", reasons=[])]
    assert changes.params == []


def test_a_repository_without_dvc_has_files_only(tmp_path: Path) -> None:
    root = begin(tmp_path / "repository")
    base = commit(root, {"sub/a.py": "1"})
    commit(root, {"sub/a.py": "2"})
    changes = found(Project(root / "sub"), base)
    assert changes == Changes(
        params=[], stages=[], files=[ChangedFile(path="a.py", status="modified", stages=[])], num_commits=1
    )


@pytest.mark.parametrize("name", ["dvc.lock", "dvc.yaml", "params.yaml", "conf/more.json"])
def test_a_file_that_cannot_be_read_is_said(project: Project, name: str) -> None:
    base = commit(project.root)
    write(project.root, {name: "<<<<<<< ours\n{{{"})
    changes = find_changes(project, base)
    assert isinstance(changes, NotAvailable)
    assert f"the working tree: {name}" in changes.not_available


@pytest.mark.parametrize(
    "text", ["stages: [a]", "stages: 3", "[]", "stages: {a: {deps: 3, params: x, cmd: {}}, b: [1]}"]
)
def test_a_strange_pipeline_is_no_traceback(project: Project, text: str) -> None:
    base = commit(project.root, {"dvc.yaml": text})
    assert find_changes(project, base) is not None


def test_the_record_survives_json(project: Project) -> None:
    base = commit(project.root)
    write(project.root, {"params.yaml": json.dumps({"train": {"lr": "\u202e|`@all`<b>\n\ud800"}})})
    changes = found(project, base)
    assert Changes.model_validate_json(changes.model_dump_json()) == changes
