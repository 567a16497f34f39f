import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.commands.images import export
from winnow.commands.relabel import RelabelResult, relabel, relabel_from
from winnow.data.labels import read_labels
from winnow.data.parts import list_parts
from winnow.errors import ExitCode, InputError, UsageError
from winnow.project import Project

WriteImages = Callable[[Path, dict[str, int]], Path]
TinyId = Callable[[int], str]


def labels_of(project: Project) -> dict[str, str]:
    labels = read_labels(project.labels)
    return dict(zip(labels.column("id"), labels.column("label"), strict=True))


@pytest.fixture
def exported(project: Project, tmp_path: Path) -> Path:
    export(project, tmp_path / "out")
    return tmp_path / "out"


def sort_again(project: Project, folder: Path | str, **options: bool) -> RelabelResult:
    return relabel_from(project, str(folder), track=False, **options)


def test_one_image_gets_another_label(project: Project, tiny_id: TinyId) -> None:
    result = relabel(project, "cat/1.png", " owl ")
    assert result.relabelled == {tiny_id(1): ("cat", "owl")}
    assert labels_of(project)[tiny_id(1)] == "owl"
    assert result.lines() == [
        f"{tiny_id(1)}: cat -> owl",
        "1 relabelled, 0 added, 0 missing, 0 refused",
        "to commit: git add data/labels.csv",
    ]


def test_an_image_may_lose_its_label(project: Project, tiny_id: TinyId) -> None:
    assert "cat -> (unlabelled)" in relabel(project, tiny_id(1), "").lines()[0]
    assert labels_of(project)[tiny_id(1)] == ""


def test_the_label_it_has_already_changes_nothing(project: Project) -> None:
    before = project.labels.read_bytes()
    result = relabel(project, "cat/1.png", "cat")
    assert (result.relabelled, result.changed) == ({}, [])
    assert project.labels.read_bytes() == before


def test_an_unknown_image_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="did you mean"):
        relabel(project, "cat/9.png", "owl")


def test_an_untouched_export_changes_nothing(project: Project, exported: Path) -> None:
    before = project.labels.read_bytes()
    result = sort_again(project, exported)
    assert (result.relabelled, result.added, result.missing, result.changed) == ({}, [], [], [])
    assert project.labels.read_bytes() == before


def test_moved_files_are_relabels_and_new_ones_are_added(
    project: Project, exported: Path, tiny_id: TinyId, write_images: WriteImages
) -> None:
    (exported / "owl").mkdir()
    shutil.move(exported / "cat" / "1.png", exported / "owl" / "renamed.png")
    write_images(exported, {"owl/new.png": 9})
    result = sort_again(project, exported)
    assert result.relabelled == {tiny_id(1): ("cat", "owl")}
    assert result.added == [tiny_id(9)]
    assert labels_of(project) == {tiny_id(1): "owl", tiny_id(2): "cat", tiny_id(3): "dog", tiny_id(9): "owl"}
    assert len(list_parts(project.images)) == 2
    assert result.exit_code is ExitCode.OK


def test_missing_images_are_listed_and_leave_only_on_demand(project: Project, exported: Path, tiny_id: TinyId) -> None:
    (exported / "cat" / "1.png").unlink()
    result = sort_again(project, exported)
    assert result.missing == [tiny_id(1)]
    assert any("--remove" in line for line in result.lines())
    assert tiny_id(1) in labels_of(project)
    assert f"{tiny_id(1)}: removed" in sort_again(project, exported, remove=True).lines()
    assert labels_of(project) == {tiny_id(2): "cat", tiny_id(3): "dog"}


def test_nothing_is_removed_while_a_file_cannot_be_read(project: Project, exported: Path, tiny_id: TinyId) -> None:
    (exported / "cat" / "1.png").write_bytes(b"damaged")
    result = sort_again(project, exported, remove=True)
    assert (result.missing, result.is_removed, result.quarantined) == ([tiny_id(1)], False, 1)
    assert tiny_id(1) in labels_of(project)


def test_an_image_copied_into_a_second_class_keeps_its_label(project: Project, exported: Path, tiny_id: TinyId) -> None:
    shutil.copy(exported / "cat" / "1.png", exported / "dog" / "copy.png")
    result = sort_again(project, exported)
    assert (result.conflicts, result.exit_code) == (1, ExitCode.FAILED)
    assert labels_of(project)[tiny_id(1)] == "cat"


def test_a_label_that_is_no_file_name_survives_the_round_trip(
    project: Project, tmp_path: Path, tiny_id: TinyId
) -> None:
    relabel(project, tiny_id(1), "../x: 50%")
    relabel(project, tiny_id(2), "")
    export(project, tmp_path / "out")
    assert sort_again(project, tmp_path / "out").relabelled == {}


@pytest.mark.parametrize("name", ["params.yaml", "nowhere", "x" * 5000, "a\0b"], ids=["file", "none", "long", "null"])
def test_what_is_no_folder_is_refused(project: Project, name: str) -> None:
    with pytest.raises(UsageError, match="winnow images export"):
        sort_again(project, name)


def test_an_empty_folder_removes_nothing(project: Project, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="empty folder"):
        sort_again(project, tmp_path / "out", remove=True)
    assert len(labels_of(project)) == 3


def test_tracking_needs_a_dvc_repository(project: Project, exported: Path) -> None:
    with pytest.raises(UsageError, match="lies in no DVC repository"):
        relabel_from(project, str(exported))


def test_ids_are_told_only_where_they_may_be_shown(project: Project, exported: Path, tiny_id: TinyId) -> None:
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("disclose: ids", "disclose: aggregate"), encoding="utf-8")
    shutil.move(exported / "cat" / "1.png", exported / "dog" / "1.png")
    for result in (
        sort_again(project, exported),
        relabel(project, tiny_id(2), "owl"),
        relabel(project, "2.png", "owl"),
    ):
        assert not [line for line in result.lines() if tiny_id(1) in line or tiny_id(2) in line]


def test_new_images_have_no_name_where_that_is_the_projects_policy(
    project: Project, exported: Path, write_images: WriteImages
) -> None:
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("pseudonymous: false", "pseudonymous: true"), encoding="utf-8")
    write_images(exported, {"cat/Jane Planted.png": 9})
    assert len(sort_again(project, exported).added) == 1
    assert "Jane" not in project.labels.read_text(encoding="utf-8")
