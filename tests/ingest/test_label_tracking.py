"""Labels that DVC tracks. What DVC would write is written by hand, where DVC itself is not what is tested."""

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from winnow.data.labels import Labels, read_labels, write_labels
from winnow.errors import ConfigError, InputError, UsageError
from winnow.files import write_text
from winnow.ingest import label_tracking
from winnow.ingest.label_tracking import (
    is_in_git,
    is_kept_by_dvc,
    label_files,
    require_recorded,
    track_labels,
    tracked_labels,
)
from winnow.project import Project

THEIRS = f"outs:\n- md5: {'0' * 32}\n  size: 1\n  hash: md5\n  path: labels.csv\n"
"""What Git brings when others have changed the labels."""


class Killed(BaseException):
    """The process ends here."""


def labels_of(*classes: str) -> Labels:
    return Labels.from_rows([(f"{at:020x}", name, "", "", "") for at, name in enumerate(classes)])


def record(project: Project) -> None:
    """Write what `dvc add data/labels.csv` writes."""
    md5 = hashlib.md5(project.labels.read_bytes(), usedforsecurity=False).hexdigest()
    size = project.labels.stat().st_size
    write_text(project.labels_dvc, f"outs:\n- md5: {md5}\n  size: {size}\n  hash: md5\n  path: labels.csv\n")


def is_recorded(project: Project) -> bool:
    md5 = hashlib.md5(project.labels.read_bytes(), usedforsecurity=False).hexdigest()
    return f"md5: {md5}\n" in project.labels_dvc.read_text(encoding="utf-8")


@contextmanager
def killed() -> Iterator[None]:
    with pytest.raises(Killed):
        yield


@pytest.fixture
def kept_by_dvc(project: Project) -> Project:
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("labels: git", "labels: dvc"), encoding="utf-8")
    (project.root / ".dvc").mkdir()
    return project


@pytest.fixture
def by_hand(kept_by_dvc: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose labels are recorded, by a stand-in for `dvc add`."""
    write_labels(kept_by_dvc.labels, labels_of("cat"))
    record(kept_by_dvc)

    def add(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
        assert arguments == ("add", "-q", label_tracking.relative(project, project.labels))
        record(project)
        return subprocess.CompletedProcess(["dvc"], 0, "", "")

    monkeypatch.setattr(label_tracking, "call_dvc", add)
    return kept_by_dvc


def test_git_is_told_of_the_labels_or_of_what_records_them(project: Project, kept_by_dvc: Project) -> None:
    assert is_kept_by_dvc(kept_by_dvc)
    assert [path.name for path in label_files(kept_by_dvc)] == ["labels.csv.dvc", ".gitignore"]


def test_where_git_tracks_the_labels_nothing_is_done(project: Project) -> None:
    assert label_files(project) == [project.labels]
    with tracked_labels(project):
        write_labels(project.labels, labels_of("cat"))
    assert not project.labels_dvc.exists()
    assert not project.labels_mark.exists()


def test_a_change_is_recorded(by_hand: Project) -> None:
    with tracked_labels(by_hand):
        write_labels(by_hand.labels, labels_of("dog"))
    assert is_recorded(by_hand)
    assert not by_hand.labels_mark.exists()


def test_the_next_command_finishes_what_a_killed_one_has_changed(by_hand: Project) -> None:
    with killed(), tracked_labels(by_hand):
        write_labels(by_hand.labels, labels_of("dog"))
        raise Killed
    assert not is_recorded(by_hand)
    with tracked_labels(by_hand):
        assert read_labels(by_hand.labels).column("label") == ["dog"]
    assert is_recorded(by_hand)


def test_a_record_that_dvc_left_half_written_is_made_anew(by_hand: Project) -> None:
    with killed(), tracked_labels(by_hand):
        write_labels(by_hand.labels, labels_of("dog"))
        write_text(by_hand.labels_dvc, by_hand.labels_dvc.read_text(encoding="utf-8")[:60])
        raise Killed
    with tracked_labels(by_hand):
        pass
    assert is_recorded(by_hand)


def test_without_tracking_the_next_command_does_it(by_hand: Project) -> None:
    with tracked_labels(by_hand, track=False):
        write_labels(by_hand.labels, labels_of("dog"))
    assert not is_recorded(by_hand)
    with tracked_labels(by_hand):
        pass
    assert is_recorded(by_hand)


def test_a_file_that_git_moved_on_is_never_recorded_over(by_hand: Project) -> None:
    write_text(by_hand.labels_dvc, THEIRS)
    with pytest.raises(InputError, match=r"dvc pull data/labels\.csv\.dvc"), tracked_labels(by_hand):
        pytest.fail("the block must not run")
    assert by_hand.labels_dvc.read_text(encoding="utf-8") == THEIRS


def test_git_may_also_move_on_after_a_kill(by_hand: Project) -> None:
    with killed(), tracked_labels(by_hand):
        write_labels(by_hand.labels, labels_of("dog"))
        raise Killed
    write_text(by_hand.labels_dvc, THEIRS)
    with pytest.raises(InputError, match="is not the version"), tracked_labels(by_hand):
        pytest.fail("the block must not run")


def test_on_a_clone_without_the_labels_the_error_says_how_to_get_them(by_hand: Project) -> None:
    by_hand.labels.unlink()
    for reader in (require_recorded, lambda project: read_labels(project.labels)):
        with pytest.raises(InputError, match=r"dvc pull data/labels\.csv\.dvc"):
            reader(by_hand)


def test_a_parameter_changed_by_hand_is_noticed(by_hand: Project) -> None:
    text = by_hand.params.read_text(encoding="utf-8")
    by_hand.params.write_text(text.replace("labels: dvc", "labels: git"), encoding="utf-8")
    with pytest.raises(ConfigError, match="is git, but DVC tracks"), tracked_labels(by_hand):
        pytest.fail("the block must not run")


def test_tracking_needs_a_dvc_repository(kept_by_dvc: Project) -> None:
    (kept_by_dvc.root / ".dvc").rmdir()
    with pytest.raises(UsageError, match="no DVC repository"), tracked_labels(kept_by_dvc):
        pytest.fail("the block must not run")


@pytest.mark.slow
def test_dvc_writes_what_is_read_here_and_git_ignores_the_labels(repository: Project) -> None:
    text = repository.params.read_text(encoding="utf-8")
    repository.params.write_text(text.replace("labels: git", "labels: dvc"), encoding="utf-8")
    write_labels(repository.labels, labels_of("cat"))
    with tracked_labels(repository):
        write_labels(repository.labels, labels_of("dog"))
    assert is_recorded(repository)
    require_recorded(repository)
    assert "/labels.csv" in repository.labels.with_name(".gitignore").read_text(encoding="utf-8").splitlines()
    before = repository.labels_dvc.read_bytes()
    track_labels(repository)
    assert repository.labels_dvc.read_bytes() == before
    assert not is_in_git(repository, repository.labels)
