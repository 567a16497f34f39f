"""Changing hands, in a real repository; that no stage runs again is in end_to_end/test_privacy.py."""

import pytest

from repository import dvc, git
from winnow.commands.labels import _set_keeper, track_by
from winnow.config import read_section
from winnow.errors import ConfigError, ExitCode, InputError, UsageError
from winnow.pipeline import add
from winnow.project import Project
from winnow.project_config import ProjectConfig


@pytest.fixture
def repository(project: Project) -> Project:
    """A project whose labels are in Git's first commit."""
    git(project.root, "init", "-q")
    dvc(project.root, "init", "-q")
    git(project.root, "add", "params.yaml", "data/labels.csv")
    git(project.root, "commit", "-q", "-m", "first")
    return project


@pytest.mark.slow
def test_labels_go_to_dvc_and_back_with_the_same_bytes(repository: Project) -> None:
    before, params = repository.labels.read_bytes(), repository.params.read_bytes()
    there = track_by(repository, "dvc")
    assert there.exit_code is ExitCode.OK
    told = "\n".join(there.lines())
    for said in (
        "no stage runs again",
        "history still holds",
        "data/labels.csv.dvc params.yaml",
        "dvc push data/labels",
    ):
        assert said in told
    assert git(repository.root, "ls-files", "data") == ""
    git(repository.root, "add", "--all")
    git(repository.root, "commit", "-q", "-m", "private")
    assert "data/labels.csv" not in git(repository.root, "ls-files", "data").splitlines()
    assert track_by(repository, "dvc").keeper == "dvc"
    back = track_by(repository, "git")
    assert any("git add" in line and "data/labels.csv" in line for line in back.lines())
    assert (repository.labels.read_bytes(), repository.params.read_bytes()) == (before, params)
    assert not repository.labels_dvc.exists()
    git(repository.root, "add", "--all")
    assert "data/labels.csv" in git(repository.root, "ls-files", "data").splitlines()


def test_labels_that_are_not_here_change_no_hands(project: Project) -> None:
    (project.root / ".dvc").mkdir()
    project.labels.rename(project.labels_dvc)
    with pytest.raises(InputError, match="dvc pull"):
        track_by(project, "git")
    assert read_section(project, "project", ProjectConfig).labels == "git"


def test_a_project_without_dvc_is_told(project: Project) -> None:
    with pytest.raises(UsageError, match="dvc init"):
        track_by(project, "dvc")


def test_before_the_first_image_there_is_only_a_parameter_to_change(project: Project) -> None:
    (project.root / ".dvc").mkdir()
    project.labels.unlink()
    track_by(project, "dvc")
    assert read_section(project, "project", ProjectConfig).labels == "dvc"
    add.run(project, "raw", track=False)
    assert project.labels.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  labels: git # why\n", "  labels: dvc # why\n"),
        ('  labels: "git"\n', "  labels: dvc\n"),
        ("  labels:   'git'\r\n", "  labels:   dvc\r\n"),
    ],
)
def test_every_other_character_of_the_parameters_stays(project: Project, text: str, expected: str) -> None:
    before = project.params.read_bytes().decode()
    project.params.write_bytes(before.replace("  labels: git\n", text).encode())
    _set_keeper(project, "dvc")
    assert project.params.read_bytes().decode() == before.replace("  labels: git\n", expected)


def test_a_value_that_stands_elsewhere_is_left_to_a_person(project: Project) -> None:
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("labels: git", "labels: !!str git"), encoding="utf-8")
    with pytest.raises(ConfigError, match="labels: dvc"):
        _set_keeper(project, "dvc")
