"""Every path of a project, and how the project is found."""

from pathlib import Path

import pytest

from winnow.errors import InputError
from winnow.project import PARAMS, Project, find_project

PATHS = [name for name, value in vars(Project).items() if isinstance(value, property)]


def make_project(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / PARAMS).write_text("schema: 1\n")
    return root


@pytest.mark.parametrize("name", PATHS)
def test_every_path_lies_inside_the_projects_folder(name: str, tmp_path: Path) -> None:
    path = getattr(Project(tmp_path), name)
    assert path.is_relative_to(tmp_path)
    assert path != tmp_path


def test_no_two_names_share_a_path(tmp_path: Path) -> None:
    paths = [getattr(Project(tmp_path), name) for name in PATHS]
    assert len(set(paths)) == len(paths)


def test_each_step_has_its_own_cost_file(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert project.cost("train") == tmp_path / "reports" / "cost" / "train.json"
    assert project.cost("train") != project.cost("prepare")


def test_each_folder_of_predictions_has_its_own_lock_however_it_is_called(tmp_path: Path) -> None:
    lock = Project(tmp_path).batch_lock(tmp_path / "a")
    assert lock.parent == Project(tmp_path).scratch
    assert lock == Project(tmp_path).batch_lock(tmp_path / "b" / ".." / "a") != Project(tmp_path).batch_lock(tmp_path)


def test_a_project_is_found_from_any_folder_inside_it(tmp_path: Path) -> None:
    root = make_project(tmp_path / "digits")
    deep = root / "data" / "images"
    deep.mkdir(parents=True)
    assert find_project(deep).root == root.resolve()


def test_the_nearest_project_wins_so_that_one_repository_can_hold_several(tmp_path: Path) -> None:
    make_project(tmp_path)
    inner = make_project(tmp_path / "projects" / "moles")
    assert find_project(inner).root == inner.resolve()


def test_the_working_directory_is_where_the_search_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_project(tmp_path / "digits")
    monkeypatch.chdir(root)
    assert find_project().root == root.resolve()


def test_a_folder_outside_every_project_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"params\.yaml") as refusal:
        find_project(tmp_path)
    assert "recipes" in refusal.value.hint


def test_a_folder_that_is_named_like_the_params_file_is_no_project(tmp_path: Path) -> None:
    (tmp_path / PARAMS).mkdir()
    with pytest.raises(InputError):
        find_project(tmp_path)
