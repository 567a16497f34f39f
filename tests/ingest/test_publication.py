from collections.abc import Callable
from typing import Never

import pytest

from winnow.data.labels import Labels, read_labels, write_labels
from winnow.errors import FormatError, InputError, MachineError
from winnow.ingest import publication
from winnow.ingest.config import AddConfig
from winnow.ingest.intake import Staged, stage
from winnow.ingest.publication import (
    Journal,
    changing,
    exchange,
    publish,
    publish_again,
    read_current_labels,
    read_journal,
    track_pending,
    write_journal,
)
from winnow.ingest.source_item import Source
from winnow.project import Project

MakeSource = Callable[[dict[str, tuple[int, str]]], Source]
Stage = Callable[..., Staged]


class Killed(BaseException):
    """Stands for a kill: nothing after it runs."""


@pytest.fixture
def staged(project: Project, list_source: MakeSource, config: AddConfig) -> Stage:
    def run(*numbers: int) -> Staged:
        source = list_source({str(number): (number, "cat") for number in numbers})
        return stage(project, source, read_current_labels(project), config)

    return run


def add(project: Project, staged: Stage) -> None:
    labels = read_current_labels(project)
    publish(project, staged.parts, labels.merged(staged.rows))


def kill_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the run die when it comes to this function of the module, and leave what a kill would leave."""

    def die(*_: object, **__: object) -> Never:
        raise Killed

    monkeypatch.setattr(publication, name, die)


def parts_of(project: Project) -> list[str]:
    return sorted(path.name for path in project.images.iterdir()) if project.images.exists() else []


def test_published_images_are_there_and_wait_for_dvc(project: Project, staged: Stage) -> None:
    with changing(project):
        one = staged(1, 2)
        add(project, one)
    assert parts_of(project) == [part.name for part in one.parts]
    assert len(read_labels(project.labels)) == 2
    assert read_journal(project) == Journal(untracked=parts_of(project))
    assert not project.staging.exists()


def test_a_kill_before_the_labels_leaves_nothing_for_the_next_run(
    project: Project, staged: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with changing(project):
        add(project, staged(1))
    before = parts_of(project)
    with monkeypatch.context() as patch:
        kill_at(patch, "write_labels")
        with pytest.raises(Killed):
            add(project, staged(2))
    assert len(parts_of(project)) == 2
    with changing(project):
        assert parts_of(project) == before
    assert read_journal(project) == Journal(untracked=before)


def test_a_kill_after_the_labels_loses_nothing(
    project: Project, staged: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, "_settle")
        with pytest.raises(Killed):
            add(project, staged(1))
    with changing(project):
        assert len(parts_of(project)) == len(read_labels(project.labels)) == 1
    assert read_journal(project) == Journal(untracked=parts_of(project))


def test_a_failure_is_undone_at_once(project: Project, staged: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Never:
        raise MachineError("the disk is full")

    monkeypatch.setattr(publication, "write_labels", refuse)
    with pytest.raises(MachineError), changing(project):
        add(project, staged(1))
    assert parts_of(project) == []
    assert read_journal(project) == Journal()
    assert not project.labels.exists()
    assert not project.staging.exists()


def test_a_part_that_was_there_before_outlives_a_failure(
    project: Project, staged: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with changing(project):
        add(project, staged(1))
    before = parts_of(project)
    write_labels(project.labels, Labels.empty())
    again = staged(1)
    assert [part.name for part in again.parts] == before
    with monkeypatch.context() as patch:
        kill_at(patch, "write_labels")
        with pytest.raises(Killed):
            add(project, again)
    with changing(project):
        assert parts_of(project) == before
        add(project, staged(1))
    assert len(read_labels(project.labels)) == 1
    assert read_journal(project) == Journal(untracked=before)


def test_a_half_restored_data_set_is_absent_again_a_whole_one_stays(project: Project, staged: Stage) -> None:
    one = staged(1)
    name = one.parts[0].name
    project.images.mkdir(parents=True)
    one.parts[0].rename(project.images / name)
    write_journal(project, Journal(publishing=[name, "part-" + "0" * 20 + ".arrow"], restoring=True))
    with changing(project):
        assert parts_of(project) == []

    publish_again(project, staged(1).parts)
    write_journal(project, Journal(publishing=[name], restoring=True))
    with changing(project):
        assert parts_of(project) == [name]
    assert read_journal(project) == Journal(untracked=[name])


def test_parts_that_no_run_was_publishing_are_never_touched(project: Project, staged: Stage) -> None:
    with changing(project):
        add(project, staged(1))
        project.labels.unlink()
        write_journal(project, Journal())
    with changing(project):
        pass
    assert len(parts_of(project)) == 1


def test_a_journal_of_another_version_is_refused(project: Project) -> None:
    project.scratch.mkdir()
    project.journal.write_text('{"schema": 2, "task": "single_label"}', encoding="utf-8")
    with pytest.raises(FormatError), changing(project):
        pass


def test_a_project_without_labels_has_no_rows(project: Project) -> None:
    assert read_current_labels(project).table.equals(Labels.empty().table)


def test_nothing_pending_calls_no_dvc(project: Project) -> None:
    assert track_pending(project) is False


@pytest.mark.parametrize("before", ["", "outs:\n- {md5: 0.dir, size: 1, nfiles: 1, hash: md5, path: images}\n"])
def test_images_dvc_that_a_killed_dvc_left_half_written_is_put_back(
    project: Project, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    tracked = []
    monkeypatch.setattr(publication, "track", lambda _, names: tracked.extend(names))
    project.images.mkdir(parents=True)
    write_journal(project, Journal(untracked=["part-1.arrow"], images_dvc=before))
    project.images_dvc.write_text("outs:\n- {md5", encoding="utf-8")
    track_pending(project)
    assert tracked == ["part-1.arrow"]
    assert (project.images_dvc.read_text(encoding="utf-8") if project.images_dvc.exists() else "") == before
    assert read_journal(project) == Journal()


def test_images_dvc_that_somebody_else_broke_is_reported(project: Project) -> None:
    project.images.mkdir(parents=True)
    write_journal(project, Journal(untracked=["part-1.arrow"]))
    project.images_dvc.touch()
    with pytest.raises(InputError, match="git checkout"):
        track_pending(project)


def test_exchanged_parts_leave_and_dvc_is_to_record_the_folder(project: Project, staged: Stage) -> None:
    with changing(project):
        add(project, staged(1))
        add(project, staged(2))
        old = [project.images / name for name in parts_of(project)]
        labels = project.labels.read_bytes()
        project.labels.write_bytes(b"id,label,name,group,split\n")
        new = staged(1, 2).parts
        project.labels.write_bytes(labels)
        exchange(project, new, old)
    assert parts_of(project) == [part.name for part in new]
    assert read_journal(project) == Journal(untracked=parts_of(project), is_whole=True)


def test_a_part_that_is_there_already_is_neither_moved_nor_removed(project: Project, staged: Stage) -> None:
    with changing(project):
        add(project, staged(1))
        add(project, staged(2))
        [one, two] = [project.images / name for name in parts_of(project)]
        write_labels(project.labels, Labels.empty())
        again = staged(1).parts
        exchange(project, again, [one, two])
    assert parts_of(project) == [again[0].name]


@pytest.mark.parametrize("moment", ["_move", "_finish_exchange", "_settle"])
def test_a_killed_exchange_is_made_whole_or_undone(
    project: Project, staged: Stage, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    with changing(project):
        add(project, staged(1))
        add(project, staged(2))
    before, labels = parts_of(project), project.labels.read_bytes()
    project.labels.write_bytes(b"id,label,name,group,split\n")
    new = staged(1, 2).parts
    project.labels.write_bytes(labels)
    with monkeypatch.context() as patch:
        kill_at(patch, moment)
        with pytest.raises(Killed):
            exchange(project, new, [project.images / name for name in before])
    with changing(project):
        assert parts_of(project) == (before if moment == "_move" else [new[0].name])
    assert read_journal(project).is_whole == (moment != "_move")
    assert len(read_labels(project.labels)) == 2


def test_an_exchange_of_which_only_half_arrived_is_undone(project: Project, staged: Stage) -> None:
    with changing(project):
        add(project, staged(1))
        add(project, staged(2))
    old, new = parts_of(project), "part-" + "0" * 20 + ".arrow"
    (project.images / new).write_bytes(b"half")
    write_journal(project, Journal(publishing=[new, "part-" + "1" * 20 + ".arrow"], leaving=old, untracked=old))
    with changing(project):
        assert parts_of(project) == old
    assert read_journal(project) == Journal(untracked=old)


def test_an_exchange_in_which_nothing_arrives_is_finished(project: Project, staged: Stage) -> None:
    with changing(project):
        add(project, staged(1))
    write_journal(project, Journal(leaving=parts_of(project)))
    with changing(project):
        assert parts_of(project) == []
    assert read_journal(project) == Journal(is_whole=True)


def test_dvc_records_the_whole_folder_after_an_exchange(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = []
    monkeypatch.setattr(publication, "track_folder", lambda _: recorded.append("folder"))
    project.images.mkdir(parents=True)
    write_journal(project, Journal(is_whole=True))
    assert track_pending(project) is False
    assert recorded == ["folder"]
    assert read_journal(project) == Journal()
