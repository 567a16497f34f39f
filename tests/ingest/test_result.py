from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import ExitCode
from winnow.ingest.config import AddConfig
from winnow.ingest.intake import stage
from winnow.ingest.publication import read_current_labels
from winnow.ingest.result import AddResult, commit_lines
from winnow.ingest.source_item import Source
from winnow.project import Project

Images = dict[str, tuple[int, str]]
MakeSource = Callable[[dict[str, tuple[int, str]]], Source]
MakeResult = Callable[..., AddResult]


@pytest.fixture
def result_of(project: Project, list_source: MakeSource, config: AddConfig) -> MakeResult:
    def make(images: Images, *, is_restored: bool = False, is_bare: bool = False) -> AddResult:
        staged = stage(project, list_source(images), read_current_labels(project), config)
        return AddResult.of(project, staged, is_restored=is_restored, is_bare=is_bare)

    return make


def test_counts_are_told_and_add_up(result_of: MakeResult) -> None:
    result = result_of({"a": (1, "cat"), "b": (1, "cat"), "c": (2, ""), "d": (-1, "cat")})
    assert result.found == result.added + result.known + result.duplicates + result.quarantined == 4
    first, second, third = result.lines()
    assert first == "found 4: 2 added, 0 already there, 1 repeated, 1 refused"
    assert second == "added by class: (unlabelled) 1, cat 1"
    assert "quarantine.csv" in third


def test_many_classes_are_cut_short(result_of: MakeResult) -> None:
    assert "and 3 more classes" in result_of({str(n): (n, f"{n:02}") for n in range(15)}).lines()[1]


@pytest.mark.parametrize(
    ("images", "is_strict", "code"),
    [
        ({"a": (1, "cat")}, True, ExitCode.OK),
        ({"a": (1, "cat"), "b": (-1, "cat")}, False, ExitCode.OK),
        ({"a": (1, "cat"), "b": (-1, "cat")}, True, ExitCode.FAILED),
        ({"b": (-1, "cat")}, False, ExitCode.FAILED),
        ({"a": (1, "cat"), "b": (1, "dog"), "c": (2, "dog")}, False, ExitCode.FAILED),
    ],
)
def test_the_exit_code_says_whether_a_person_must_decide(
    result_of: MakeResult, images: Images, is_strict: bool, code: ExitCode
) -> None:
    result = result_of(images)
    result.is_strict = is_strict
    assert result.exit_code is code


def test_clashing_labels_name_the_command_that_settles_them(result_of: MakeResult) -> None:
    assert "winnow relabel" in result_of({"a": (1, "cat"), "b": (1, "dog")}).lines()[-1]


def test_restored_images_are_known_ones(result_of: MakeResult) -> None:
    result = result_of({"a": (1, "cat")}, is_restored=True, is_bare=True)
    assert (result.added, result.known, result.classes) == (0, 1, {})
    assert result.lines() == ["found 1 images: the parts are here again, byte for byte"]


def test_a_bare_clone_that_stays_bare_is_told(result_of: MakeResult) -> None:
    assert any("dvc pull" in line for line in result_of({"a": (-1, "cat")}, is_bare=True).lines())


def test_what_to_commit_is_named_from_here_and_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "my project"
    folder.mkdir()
    (folder / "labels.csv").touch()
    monkeypatch.chdir(tmp_path)
    paths = [folder / "labels.csv", folder / "absent.dvc"]
    assert commit_lines(paths) == ["to commit: git add 'my project/labels.csv'"]
    assert commit_lines([]) == []


def test_new_parts_are_to_be_committed_and_pushed(result_of: MakeResult, project: Project) -> None:
    result = result_of({"a": (1, "cat")})
    result.tell_changed(project, have_left=False)
    assert "to share the images: dvc push" not in result.lines()
    project.images_dvc.parent.mkdir()
    project.labels.touch()
    project.images_dvc.touch()
    result.tell_changed(project, have_left=True)
    *_, note, commit, share = result.lines()
    assert "wait in DVC's cache" in note
    assert commit.startswith("to commit: git add ")
    assert share == "to share the images: dvc push"
