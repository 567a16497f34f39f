import getpass
import platform
from pathlib import Path

import pytest
from history import begin, commit, write

from repository import call
from winnow import __version__
from winnow.files import sha256_file
from winnow.project import Project
from winnow.verdict.causes.provenance import find_provenance, is_dirty


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = begin(tmp_path / "repository")
    params = "data: {seed: 3}\ntrain: {seed: 4, deep: {seed: 5, seeds: 6}}\nevaluate: {seed: none}\n"
    commit(root, {"my project/params.yaml": params, "my project/dvc.lock": "stages: {}"})
    return Project(root / "my project")


def test_it_says_what_the_comparison_rests_on(project: Project) -> None:
    base = commit(project.root)
    found = find_provenance(project, base, link="https://example.org/report")
    assert found.merge_base == base
    assert found.lock_sha256 == sha256_file(project.root / "dvc.lock")
    assert found.seeds == {"data.seed": 3, "train.seed": 4, "train.deep.seed": 5}
    assert found.link == "https://example.org/report"
    assert found.versions["winnow"] == __version__
    assert found.versions["python"] == platform.python_version()
    assert {"torch", "numpy", "dvc"} <= set(found.versions)


def test_the_commands_make_both_sides_again(project: Project) -> None:
    base = commit(project.root)
    head = commit(project.root)
    commands = find_provenance(project, base, link=None).commands
    assert commands == [
        f"git worktree add ../../base-{base[:12]} {base}",
        f"dvc --cd '../../base-{base[:12]}/my project' repro --pull",
        f"git checkout {head}",
        "dvc repro --pull",
        f"winnow report --base {base}",
    ]
    call(project.root, *commands[0].split())
    assert (project.root.parents[1] / f"base-{base[:12]}" / "my project" / "params.yaml").is_file()


def test_without_a_pipeline_nothing_is_reproduced(tmp_path: Path) -> None:
    root = begin(tmp_path / "repository")
    base = commit(root, {"answers.csv": "x"})
    found = find_provenance(Project(root), base, report="winnow report --predictions answers.csv", link=None)
    assert found.commands == [
        f"git worktree add ../base-{base[:12]} {base}",
        f"git checkout {base}",
        f"winnow report --predictions answers.csv --base {base}",
    ]
    assert (found.seeds, found.lock_sha256) == ({}, None)


def test_two_files_outside_of_git_have_their_command(tmp_path: Path) -> None:
    found = find_provenance(Project(tmp_path), None, report="winnow compare a.csv b.csv", link=None)
    assert (found.merge_base, found.is_dirty, found.commands) == (None, False, ["winnow compare a.csv b.csv"])


def test_changes_that_no_commit_holds_are_told_and_files_lying_around_are_not(project: Project) -> None:
    write(project.root, {"report.md": "a former report"})
    assert not is_dirty(project)
    write(project.root, {"params.yaml": "data: {seed: 9}"})
    assert is_dirty(project)
    assert find_provenance(project, commit(project.root), link=None).is_dirty is False


def test_no_host_no_user_and_no_place_on_the_disk(project: Project) -> None:
    text = find_provenance(project, commit(project.root), link=None).model_dump_json()
    assert str(project.root.parent) not in text
    assert platform.node() not in text
    assert f'"{getpass.getuser()}"' not in text
    assert platform.machine() in text


def test_params_that_cannot_be_read_cost_only_the_seeds(project: Project) -> None:
    write(project.root, {"params.yaml": "{{{"})
    assert find_provenance(project, commit(project.root), link=None).seeds == {}
