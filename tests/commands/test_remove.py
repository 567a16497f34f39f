from collections.abc import Callable

import pytest

from winnow.commands.remove import remove
from winnow.data.labels import read_labels
from winnow.errors import ExitCode, InputError, UsageError
from winnow.pipeline import add
from winnow.project import Project

TinyId = Callable[[int], str]


def test_images_leave_the_labels_and_stay_in_the_parts(project: Project, tiny_id: TinyId) -> None:
    parts = {path.name: path.read_bytes() for path in project.images.iterdir()}
    result = remove(project, ["cat/1.png", tiny_id(3), "1.png"])
    assert result.ids == sorted([tiny_id(1), tiny_id(3)])
    assert read_labels(project.labels).column("id") == [tiny_id(2)]
    assert {path.name: path.read_bytes() for path in project.images.iterdir()} == parts
    assert result.lines()[-1] == "to commit: git add data/labels.csv"
    assert result.exit_code is ExitCode.OK


def test_one_unknown_name_removes_nothing(project: Project) -> None:
    before = project.labels.read_bytes()
    with pytest.raises(UsageError, match=r"did you mean cat/2\.png"):
        remove(project, ["cat/1.png", "cat/22.png"])
    assert project.labels.read_bytes() == before


def test_a_removed_image_can_come_back(project: Project) -> None:
    before = project.labels.read_bytes()
    remove(project, ["cat/1.png"])
    add.run(project, "raw", track=False)
    assert project.labels.read_bytes() == before


def test_without_labels_there_is_nothing_to_remove(project: Project) -> None:
    project.labels.unlink()
    with pytest.raises(InputError, match="winnow add"):
        remove(project, ["x"])


def test_ids_are_told_only_where_they_may_be_shown(project: Project) -> None:
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("disclose: ids", "disclose: aggregate"), encoding="utf-8")
    assert remove(project, ["cat/1.png", "cat/2.png"]).lines()[0] == "removed 2 images"
