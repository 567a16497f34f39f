import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Never

import pytest

from winnow.commands.erase import OUT_OF_REACH, EraseResult, erase
from winnow.commands.remove import remove
from winnow.data.labels import read_labels
from winnow.data.parts import list_parts, part_ids
from winnow.errors import ExitCode, InputError, MachineError, UsageError
from winnow.ingest import publication
from winnow.ingest.clearing import Cleared
from winnow.ingest.tombstones import read_erased
from winnow.logs import logger
from winnow.pipeline import add
from winnow.project import Project

TinyId = Callable[[int], str]
WriteImages = Callable[[Path, dict[str, int]], Path]


class Killed(BaseException):
    """Stands for a kill."""


def yes(_: list[str]) -> bool:
    return True


def ids_in(project: Project) -> list[str]:
    return [image for part in list_parts(project.images) for image in part_ids(part).to_pylist()]


def files_of(project: Project) -> dict[str, bytes]:
    """Everything but the lock, the source and what add cost."""
    paths = [path for path in project.root.rglob("*") if path.is_file() and path != project.lock]
    kept = [path for path in paths if not {"raw", "cost"} & set(path.relative_to(project.root).parts)]
    return {path.relative_to(project.root).as_posix(): path.read_bytes() for path in kept}


def test_an_image_leaves_labels_and_parts_and_cannot_come_back(project: Project, tiny_id: TinyId) -> None:
    result = erase(project, ["cat/1.png"], agree=yes)
    assert result.ids == [tiny_id(1)]
    assert result.exit_code is ExitCode.OK
    assert read_labels(project.labels).column("id") == sorted([tiny_id(2), tiny_id(3)])
    assert sorted(ids_in(project)) == sorted([tiny_id(2), tiny_id(3)])
    assert read_erased(project.erased) == {tiny_id(1)}
    again = add.run(project, "raw", track=False)
    assert (again.added, again.quarantined) == (0, 1)
    assert sorted(ids_in(project)) == sorted([tiny_id(2), tiny_id(3)])


def test_what_it_cannot_reach_is_said(project: Project) -> None:
    lines = erase(project, ["cat/1.png"], agree=yes).lines()
    assert [line for line in OUT_OF_REACH if line not in lines] == []
    assert lines[-1] == "to commit: git add data/erased.csv data/labels.csv"


def test_the_bytes_of_a_removed_image_are_erased_by_its_id(project: Project, tiny_id: TinyId) -> None:
    remove(project, ["cat/1.png"])
    asked: list[str] = []
    erase(project, [tiny_id(1)], agree=lambda lines: not asked.extend(lines))
    assert asked == [f"{tiny_id(1)} (not in labels.csv)"]
    assert tiny_id(1) not in ids_in(project)


def test_the_last_image_of_a_part_takes_the_part_along(project: Project) -> None:
    erase(project, ["cat/1.png", "cat/2.png", "dog/3.png"], agree=yes)
    assert list_parts(project.images) == []
    assert len(read_labels(project.labels)) == 0


def test_it_can_be_said_twice(project: Project, tiny_id: TinyId) -> None:
    erase(project, [tiny_id(1)], agree=yes)
    before = files_of(project)
    erase(project, [tiny_id(1)], agree=yes)
    assert files_of(project) == before


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["cat/1.png"], r"nothing was erased\nhint: --yes"),
        (["cat/1.png", "f" * 20], "no image has the id ffff"),
        (["cat/11.png"], r"did you mean cat/1\.png"),
        ([], "expected an image to erase"),
    ],
)
def test_a_no_and_a_mistake_change_nothing(project: Project, targets: list[str], message: str) -> None:
    before = files_of(project)
    with pytest.raises(UsageError, match=message):
        erase(project, targets, agree=lambda _: False)
    assert files_of(project) == before


def test_a_person_sees_what_is_meant(project: Project, tiny_id: TinyId) -> None:
    asked: list[str] = []
    erase(project, ["3.png"], agree=lambda lines: not asked.extend(lines))
    assert asked == [f"{tiny_id(3)} dog dog/3.png"]


def test_a_damaged_part_changes_nothing(project: Project, png: Callable[[int], bytes]) -> None:
    [part] = list_parts(project.images)
    part.write_bytes(part.read_bytes().replace(png(2), png(9)))
    before = files_of(project)
    with pytest.raises(InputError, match="are damaged"):
        erase(project, ["cat/1.png"], agree=yes)
    assert files_of(project) == before


@pytest.mark.parametrize(
    "moment",
    [
        "commands.erase.write_pending",
        "commands.erase.sweep",
        "commands.erase.withdraw",
        "ingest.erasure.write_labels",
        "ingest.replacement.exchange",
        "ingest.publication._move",
        "ingest.publication._finish_exchange",
        "ingest.publication._settle",
        "commands.erase.label_files",
    ],
)
def test_a_killed_run_is_finished_by_the_next(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    twin = Project(shutil.copytree(project.root, tmp_path / "twin"))
    erase(twin, ["cat/1.png"], agree=yes)

    def die(*_: object, **__: object) -> Never:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(f"winnow.{moment}", die)
        # A killed process undoes nothing.
        patch.setattr(publication, "_recover", lambda _: None)
        with pytest.raises(Killed):
            erase(project, ["cat/1.png"], agree=yes)
    if project.erasure.exists():
        # The name is no longer needed, and nobody is asked again.
        erase(project, [], agree=lambda _: False)
    elif not project.erased.exists():
        erase(project, ["cat/1.png"], agree=yes)
    assert files_of(project) == files_of(twin)


def test_other_commands_say_that_an_erasure_is_not_finished(
    project: Project, monkeypatch: pytest.MonkeyPatch, tiny_id: TinyId
) -> None:
    def die(*_: object, **__: object) -> Never:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("winnow.ingest.replacement.exchange", die)
        with pytest.raises(Killed):
            erase(project, ["cat/1.png"], agree=yes)
    told: list[str] = []
    monkeypatch.setattr(logger, "warning", lambda text, *_: told.append(text))
    assert add.run(project, "raw", track=False).quarantined == 1
    assert told == ["an erasure is not finished: `winnow erase` goes on with it"]
    erase(project, [], agree=yes)
    assert tiny_id(1) not in ids_in(project)


def test_a_record_of_dvc_without_dvc_is_refused(project: Project) -> None:
    project.images_dvc.write_text("outs:\n- {md5: 0.dir, size: 1, nfiles: 1, path: images}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no DVC repository"):
        erase(project, ["cat/1.png"], agree=yes)


def test_the_exit_code_tells_a_store_out_of_reach_from_an_object_in_use() -> None:
    away = EraseResult(["a" * 20], Cleared(failed={"store": MachineError("store is away", hint="connect it")}))
    assert away.exit_code is ExitCode.MACHINE
    assert "NOT finished: store is away\nhint: connect it" in away.lines()
    used = EraseResult(["a" * 20], Cleared({"store": 2, "other": 0}), needed={"0" * 32: "the branch eyes"})
    assert used.exit_code is ExitCode.FAILED
    assert f"NOT deleted: {'0' * 32}, needed by the branch eyes: erase there, then here" in used.lines()
    assert "store: 2 objects deleted" in used.lines()
    assert used.left(["0" * 32, "1" * 32]) == ["1" * 32]
