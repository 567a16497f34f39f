"""Real files against a `dvc.lock` that was written as DVC writes it."""

import json
from pathlib import Path
from typing import Any

import pytest
from history import begin, commit, listing, lock_text, md5, pipeline_text, write

from repository import dvc
from winnow.project import Project
from winnow.verdict.causes.lock_file import parse_lock
from winnow.verdict.causes.revision_changes import read_side
from winnow.verdict.causes.sources import read_head
from winnow.verdict.causes.staleness import stale_stages

CODE = {"model.py": "x = 1", "deep/layer.py": "y = 2"}
FILES = {**{f"code/{name}": text for name, text in CODE.items()}, "data.csv": "a,b", "params.yaml": "train: {lr: 1}"}


def locked(**changes: Any) -> dict[str, Any]:
    stage = {
        "cmd": "run train",
        "deps": {"code": listing(CODE)[0], "data.csv": md5("a,b")},
        "params": {"params.yaml": {"train": {"lr": 1}}},
        "outs": {"model": "m"},
    }
    return stage | changes


def stale(project: Project) -> dict[str, list[str]]:
    lock, pipeline, params = read_side(project, read_head(project), "the working tree")
    return stale_stages(project, lock, pipeline, params)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = begin(tmp_path / "repository")
    lock = lock_text({"train": locked(), "judge": {"cmd": "run judge", "deps": {"model": "m"}}})
    commit(root, {**FILES, "dvc.lock": lock, "dvc.yaml": pipeline_text("train", "judge")})
    return Project(root)


def test_files_params_and_folders_as_they_were_are_current(project: Project) -> None:
    assert stale(project) == {}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"data.csv": "a,c"}, "data.csv"),
        ({"params.yaml": "train: {lr: 2}"}, "train.lr"),
        ({"params.yaml": "train: {lr: 1, new: 3}"}, "train.new"),
        ({"params.yaml": "other: 1"}, "train.lr"),
        ({"dvc.yaml": pipeline_text("train", "judge", train={"cmd": "run fast"})}, "cmd"),
        ({"dvc.yaml": pipeline_text("train", "judge", train={"deps": ["./data.csv", "more.csv"]})}, "more.csv"),
    ],
)
def test_whatever_changed_is_named(project: Project, files: dict[str, str], reason: str) -> None:
    write(project.root, files)
    assert stale(project) == {"train": [reason]}


def test_a_deleted_file_is_a_change_but_absent_data_is_not(project: Project) -> None:
    (project.root / "data.csv").unlink()
    assert stale(project) == {"train": ["data.csv"]}
    commit(project.root, {".gitignore": "/data.csv\n"})
    assert stale(project) == {}


def test_a_pointer_tells_without_the_data(project: Project) -> None:
    (project.root / "data.csv").unlink()
    write(project.root, {"data.csv.dvc": json.dumps({"outs": [{"md5": md5("a,b"), "path": "data.csv"}]})})
    assert stale(project) == {}
    write(project.root, {"data.csv.dvc": json.dumps({"outs": [{"md5": md5("other"), "path": "data.csv"}]})})
    assert stale(project) == {"train": ["data.csv"]}


def test_a_stage_that_did_not_follow_the_one_before_it_is_out_of_date(project: Project) -> None:
    lock = {"train": locked(outs={"model": "m2"}), "judge": {"cmd": "run judge", "deps": {"model": "m"}}}
    write(project.root, {"dvc.lock": lock_text(lock)})
    assert stale(project) == {"judge": ["model"]}


def test_a_stage_that_never_ran_is_out_of_date_and_one_that_is_gone_is_nothing(project: Project) -> None:
    write(project.root, {"dvc.yaml": pipeline_text("train", "export"), "data.csv": "changed"})
    assert stale(project) == {"export": ["dvc.lock"], "train": ["data.csv"]}


def test_variables_of_the_pipeline_are_filled_in_and_templates_passed_over(project: Project) -> None:
    stage = {"train": {"deps": ["${where}/model.py", "${params.x}/y"]}}
    content = {**json.loads(pipeline_text("train", "judge", **stage)), "vars": [{"where": "code"}, "more.yaml"]}
    write(project.root, {"dvc.yaml": json.dumps(content)})
    assert stale(project) == {"train": ["code/model.py"]}


def test_a_stage_that_runs_in_another_folder_names_its_files_from_there(project: Project) -> None:
    lock = locked(deps={"layer.py": md5("y = 2"), "../../data.csv": md5("a,b")}, params={"own.yaml": {"lr": 1}})
    stage = {"train": {"wdir": "code/deep", "deps": ["layer.py"]}}
    files = {"dvc.lock": lock_text({"train": lock}), "dvc.yaml": pipeline_text("train", **stage)}
    write(project.root, {**files, "code/deep/own.yaml": "lr: 1"})
    assert stale(project) == {}
    write(project.root, {"code/deep/layer.py": "y = 3", "code/deep/own.yaml": "lr: 2"})
    assert stale(project) == {"train": ["code/deep/layer.py", "code/deep/own.yaml:lr"]}


def test_stages_of_a_loop_are_known_by_its_name(project: Project) -> None:
    lock = {"train@small": locked(), "train@large": locked(deps={"data.csv": "other"})}
    write(project.root, {"dvc.lock": lock_text(lock), "dvc.yaml": pipeline_text("train")})
    assert stale(project) == {"train@large": ["data.csv"]}


def test_a_folder_with_another_hash_is_unknown_where_there_is_no_dvc(project: Project) -> None:
    write(project.root, {"code/model.py": "x = 2"})
    assert stale(project) == {}


def test_an_empty_pipeline_has_nothing_out_of_date(tmp_path: Path) -> None:
    project = Project(begin(tmp_path))
    assert stale(project) == stale_stages(project, parse_lock(None, "x"), {"stages": None}, {}) == {}


@pytest.mark.slow
def test_dvc_has_the_last_word_on_a_folder(tmp_path: Path) -> None:
    root = begin(tmp_path / "repository")
    dvc(root, "init", "-q")
    stages = {"train": {"cmd": 'python -c "print(1)"', "deps": ["code", "data.csv"], "params": ["train"]}}
    commit(root, {**FILES, "dvc.yaml": json.dumps({"stages": stages}), ".gitignore": "*.log\n"})
    dvc(root, "repro", "-q")
    project = Project(root)
    assert stale(project) == {}
    write(root, {"code/run.log": "Git ignores it, DVC does not"})
    # By Git's list nothing changed, and that list is the one that DVC recorded: the proof is good enough.
    assert stale(project) == {}
    write(root, {".dvcignore": "*.tmp\n", "code/x.tmp": "DVC ignores it, Git does not"})
    (root / "code" / "run.log").unlink()
    assert stale(project) == {}
    write(root, {"code/model.py": "x = 2"})
    assert stale(project) == {"train": ["code"]}
