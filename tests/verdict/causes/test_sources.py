from pathlib import Path

import pytest
from history import begin, commit

from winnow.project import Project
from winnow.verdict.causes.sources import read_base, read_head


@pytest.fixture
def project(tmp_path: Path) -> Project:
    commit(begin(tmp_path / "repository"), {"params.yaml": "old", "sub/params.yaml": "below"})
    return Project(tmp_path / "repository" / "sub")


def test_both_sides_read_the_same_path(project: Project) -> None:
    first = commit(project.root.parent)
    project.params.write_text("new", encoding="utf-8")
    assert read_base(project, first)(project.params) == b"below"
    assert read_head(project)(project.params) == b"new"
    assert read_head(project)(project.root / "absent.yaml") is None
    assert read_base(project, first)(project.root / "absent.yaml") is None


def test_a_file_beside_the_project_is_read_one_beside_the_repository_is_not(project: Project) -> None:
    (project.root.parents[1] / "secret.yaml").write_text("key: 1", encoding="utf-8")
    (project.root / "link.yaml").symlink_to(project.root.parents[1] / "secret.yaml")
    read = read_head(project)
    assert read(project.root / ".." / "params.yaml") == b"old"
    assert read(project.root / ".." / ".." / "secret.yaml") is None
    assert read(project.root / "link.yaml") is None
