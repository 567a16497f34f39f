from pathlib import Path

import pytest

from winnow.errors import InputError, UsageError
from winnow.project import Project
from winnow.remotes.settings import read_remote, set_remote


def config_of(project: Project) -> str:
    return (project.root / ".dvc" / "config").read_text(encoding="utf-8")


def test_a_bucket_becomes_the_default_remote_and_nothing_else_is_written(project: Project) -> None:
    result = set_remote(project, "gs://pictures/winnow")
    assert "remote = storage" in config_of(project)
    assert "['remote \"storage\"']\n    url = gs://pictures/winnow\n" in config_of(project)
    assert "version_aware" not in config_of(project)
    said = "\n".join(result.lines())
    assert "git add .dvc/config" in said
    assert "winnow[cloud]" in said


def test_setting_it_again_replaces_the_whole_section(project: Project) -> None:
    config = project.root / ".dvc" / "config"
    old = "['remote \"storage\"']\n    url = gs://old\n    version_aware = true\n    credentialpath = key.json\n"
    config.write_text(config_of(project) + old, encoding="utf-8")
    set_remote(project, "s3://pictures/winnow")
    remote = read_remote(project)
    assert remote
    assert (remote.name, remote.address.url, remote.committed) == ("storage", "s3://pictures/winnow", frozenset())
    assert "version_aware" not in config_of(project)


def test_a_folder_is_made_and_stays_relative_in_the_file(project: Project) -> None:
    result = set_remote(project, "../storage")
    assert (project.root.parent / "storage").is_dir()
    assert "url = ../../storage\n" in config_of(project)
    assert "cloud" not in "\n".join(result.lines())
    remote = read_remote(project)
    assert remote
    assert Path(remote.address.path) == project.root.parent / "storage"


def test_several_projects_of_one_repository_share_its_remote(project: Project) -> None:
    inner = Project(project.root / "rice")
    inner.root.mkdir()
    assert "next: git add ../.dvc/config && git commit" in set_remote(inner, "gs://pictures").lines()
    remote = read_remote(project)
    assert remote
    assert remote == read_remote(inner)


def test_a_mistyped_address_changes_nothing(project: Project) -> None:
    before = config_of(project)
    with pytest.raises(UsageError):
        set_remote(project, "gs:/pictures")
    assert config_of(project) == before


def test_outside_a_dvc_repository_there_is_no_remote(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no DVC repository"):
        set_remote(Project(tmp_path), "gs://pictures")


def test_without_a_default_remote_there_is_none(project: Project) -> None:
    assert read_remote(project) is None


def test_what_is_local_counts_but_is_not_called_committed(project: Project) -> None:
    set_remote(project, "gs://pictures/winnow")
    (project.root / ".dvc" / "config.local").write_text(
        "['remote \"storage\"']\n    endpointurl = http://127.0.0.1:1\n", encoding="utf-8"
    )
    remote = read_remote(project)
    assert remote
    assert remote.options["endpointurl"] == "http://127.0.0.1:1"
    assert remote.committed == frozenset()


@pytest.mark.parametrize(
    "broken", ["[core]\n    remote = nobody\n", "[core\n", "['remote \"storage\"']\n    url = gs://x\n    nonsense = 1"]
)
def test_a_configuration_that_dvc_refuses_is_said_to_be_that(project: Project, broken: str) -> None:
    (project.root / ".dvc" / "config").write_text(broken, encoding="utf-8")
    with pytest.raises(InputError, match=r"does not exist|cannot read"):
        read_remote(project)
