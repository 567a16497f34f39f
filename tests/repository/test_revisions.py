import hashlib
import shutil
from pathlib import Path

import pytest

from repository import dvc, git
from winnow.errors import InputError
from winnow.project import Project
from winnow.repository.git import resolve
from winnow.repository.revisions import read_tracked, read_tracked_at

LABELS = b"id,label,name,group,split\n"


def commit(project: Project) -> str:
    git(project.root, "add", "-A")
    git(project.root, "commit", "-q", "-m", "x")
    return resolve(project, "HEAD")


def track(project: Project, content: bytes) -> str:
    """Put a file into the cache as `dvc add` would, with its .dvc file; return its hash."""
    md5 = hashlib.md5(content).hexdigest()
    place = cached(project, md5)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    project.labels.with_name("labels.csv.dvc").write_text(f"outs:\n- md5: '{md5}'\n  path: labels.csv\n", "utf-8")
    return md5


def cached(project: Project, md5: str) -> Path:
    return project.root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]


@pytest.fixture(scope="module")
def empty_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Project(tmp_path_factory.mktemp("template") / "project")
    made.labels.parent.mkdir(parents=True)
    git(made.root, "init", "-q")
    dvc(made.root, "init", "-q")
    return made.root


@pytest.fixture
def project(empty_repository: Path, tmp_path: Path) -> Project:
    """A Git and DVC repository without a remote."""
    return Project(shutil.copytree(empty_repository, tmp_path / "project"))


def test_a_file_in_git_is_read_as_it_was_and_as_it_is(project: Project) -> None:
    project.labels.write_bytes(LABELS)
    first = commit(project)
    project.labels.write_bytes(b"other")
    assert read_tracked_at(project, first, project.labels) == LABELS
    assert read_tracked(project, project.labels) == b"other"


def test_a_file_that_nobody_tracked_is_none(project: Project) -> None:
    (project.root / "x").touch()
    assert read_tracked_at(project, commit(project), project.labels) is None
    assert read_tracked(project, project.labels) is None


def test_a_file_tracked_by_dvc_comes_from_the_cache_in_both_times(project: Project) -> None:
    track(project, LABELS)
    first = commit(project)
    track(project, b"later")
    assert read_tracked_at(project, first, project.labels) == LABELS
    assert read_tracked(project, project.labels) == b"later"


def test_what_the_cache_lacks_comes_from_the_remote(project: Project, tmp_path: Path) -> None:
    md5 = track(project, LABELS)
    there = tmp_path / "store" / "files" / "md5" / md5[:2] / md5[2:]
    there.parent.mkdir(parents=True)
    cached(project, md5).rename(there)
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {tmp_path / 'store'}\n"
    (project.root / ".dvc" / "config").write_text(config, encoding="utf-8")
    assert read_tracked_at(project, commit(project), project.labels) == LABELS


def test_what_neither_has_is_named_with_its_commit(project: Project) -> None:
    cached(project, track(project, LABELS)).unlink()
    first = commit(project)
    with pytest.raises(InputError, match=rf"labels\.csv of {first[:12]} is neither in DVC's cache nor in the remote"):
        read_tracked_at(project, first, project.labels)


@pytest.mark.parametrize("pointer", ["outs: []\n", "outs:\n- path: labels.csv\n"])
def test_a_pointer_that_names_no_object_is_refused(project: Project, pointer: str) -> None:
    project.labels.with_name("labels.csv.dvc").write_text(pointer, encoding="utf-8")
    with pytest.raises(InputError, match=r"labels\.csv: expected a \.dvc file that names an object"):
        read_tracked(project, project.labels)
