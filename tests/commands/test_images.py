import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from winnow.commands.images import export, gallery, list_images
from winnow.commands.relabel import relabel
from winnow.data.labels import Labels, read_labels, write_labels
from winnow.errors import ExitCode, InputError, UsageError
from winnow.pipeline import add
from winnow.project import Project

Png = Callable[[int], bytes]
TinyId = Callable[[int], str]


def edit(project: Project, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> None:
    """Rewrite labels.csv; `change` maps a row to a row."""
    labels = read_labels(project.labels)
    write_labels(project.labels, Labels.from_rows([change(row) for row in labels.rows()], labels.further))


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_images_are_listed_with_a_header(project: Project, tiny_id: TinyId) -> None:
    lines = list(list_images(project).lines())
    assert lines[0] == "id\tlabel\tname\tgroup\tsplit"
    assert f"{tiny_id(1)}\tcat\tcat/1.png\t\t" in lines
    assert len(lines) == 4


def test_a_list_is_narrowed_by_label_and_pinned_split(project: Project, tiny_id: TinyId) -> None:
    edit(project, lambda row: (*row[:4], "test") if row[0] == tiny_id(1) else row)
    assert [row["id"] for row in list_images(project, label="dog").records()] == [tiny_id(3)]
    assert [row["id"] for row in list_images(project, split="test").records()] == [tiny_id(1)]
    assert list_images(project, label="dog", split="test").records() == []


@pytest.mark.parametrize(("label", "split", "near"), [("cst", None, "cat"), (None, "tset", "test")])
def test_an_unknown_label_or_split_comes_with_the_nearest(
    project: Project, label: str, split: str | None, near: str
) -> None:
    with pytest.raises(UsageError, match=f"did you mean `{near}`"):
        list_images(project, label=label, split=split)


def test_export_unpacks_what_was_added(project: Project, tmp_path: Path) -> None:
    result = export(project, tmp_path / "out")
    assert (result.num_written, result.num_unchanged, result.exit_code) == (3, 0, ExitCode.OK)
    assert files(tmp_path / "out") == files(project.root / "raw")
    for name in files(tmp_path / "out"):
        assert (tmp_path / "out" / name).read_bytes() == (project.root / "raw" / name).read_bytes()


def test_export_again_writes_nothing_and_never_overwrites(project: Project, tmp_path: Path, png: Png) -> None:
    export(project, tmp_path / "out")
    changed = tmp_path / "out" / "cat" / "1.png"
    changed.write_bytes(png(77))
    result = export(project, tmp_path / "out")
    assert (result.num_written, result.num_unchanged, result.differing) == (0, 2, [changed])
    assert result.exit_code is ExitCode.FAILED
    assert str(changed) in result.lines()[-1]
    assert changed.read_bytes() == png(77)


def test_hostile_labels_and_names_stay_inside(project: Project, tmp_path: Path, tiny_id: TinyId) -> None:
    names = {
        tiny_id(1): ("../../x", "../../../etc/passwd"),
        tiny_id(2): ("/abs", "..\\..\\a.png"),
        tiny_id(3): ("", ".."),
    }
    edit(project, lambda row: (row[0], *names[row[0]], "", ""))
    export(project, tmp_path / "deep" / "out")
    assert files(tmp_path / "deep") == [
        "out/%2E.%2F..%2Fx/passwd.png",
        "out/%2Fabs/%2E.%5C..%5Ca.png",
        "out/%unlabelled/%2E%2E.png",
    ]


def test_names_that_a_class_shares_or_lacks_give_way_to_ids(project: Project, tmp_path: Path, tiny_id: TinyId) -> None:
    names = {tiny_id(1): "a/x.png", tiny_id(2): "b/X.png", tiny_id(3): ""}
    edit(project, lambda row: (row[0], "cat", names[row[0]], "", ""))
    export(project, tmp_path / "out")
    assert files(tmp_path / "out") == sorted(f"cat/{tiny_id(number)}.png" for number in (1, 2, 3))


def test_a_name_that_is_too_long_gives_way_to_the_id(project: Project, tmp_path: Path, tiny_id: TinyId) -> None:
    edit(project, lambda row: (row[0], "cat", "\u00e9" * 200, "", "") if row[0] == tiny_id(1) else row)
    export(project, tmp_path / "out")
    assert f"cat/{tiny_id(1)}.png" in files(tmp_path / "out")


def test_a_name_without_extension_gets_that_of_the_format(project: Project, tmp_path: Path) -> None:
    (project.root / "photos").mkdir()
    Image.new("RGB", (5, 5)).save(project.root / "photos" / "photo", "JPEG")
    add.run(project, "photos", label="cat", track=False)
    export(project, tmp_path / "out")
    assert "cat/photo.jpg" in files(tmp_path / "out")


def test_an_image_in_two_parts_is_written_once(project: Project, tmp_path: Path, tiny_id: TinyId) -> None:
    labels = read_labels(project.labels)
    write_labels(project.labels, labels.without([tiny_id(1)]))
    add.run(project, "raw", track=False)
    assert export(project, tmp_path / "out").num_written == 3


def test_images_whose_parts_are_not_here_are_told(project: Project, tmp_path: Path) -> None:
    shutil.rmtree(project.images)
    with pytest.raises(InputError, match=r"3 are in no part here\nhint: dvc pull"):
        export(project, tmp_path / "out")


def test_the_gallery_groups_by_class_and_split(project: Project, tiny_id: TinyId) -> None:
    relabel(project, tiny_id(1), "<script>")
    edit(project, lambda row: (*row[:4], "test") if row[0] == tiny_id(3) else row)
    page = gallery(project)
    assert page == project.gallery
    text = page.read_text(encoding="utf-8")
    assert text.count("<img ") == 3
    assert "<h2>&lt;script&gt;</h2>\n<h3>not pinned: 1 images</h3>" in text
    assert "<h2>dog</h2>\n<h3>test: 1 images</h3>" in text


def test_the_gallery_shows_so_many_of_each_class(project: Project) -> None:
    text = gallery(project, label="cat", per_class=1).read_text(encoding="utf-8")
    assert text.count("<img ") == 1
    assert "1 of 2 images" in text
    assert "dog" not in text


def test_labels_that_differ_in_case_do_not_share_a_folder(project: Project, tmp_path: Path, tiny_id: TinyId) -> None:
    edit(project, lambda row: (row[0], "CAT", *row[2:]) if row[0] == tiny_id(1) else row)
    export(project, tmp_path / "out")
    folders = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert folders == ["%u000043%u000041%u000054", "cat", "dog"]


def test_names_that_get_the_same_extension_do_not_share_a_file(
    project: Project, tmp_path: Path, tiny_id: TinyId
) -> None:
    names = {tiny_id(1): "1.png", tiny_id(2): "1", tiny_id(3): "1.PNG"}
    edit(project, lambda row: (row[0], "cat", names[row[0]], "", ""))
    result = export(project, tmp_path / "out")
    assert (result.num_written, result.exit_code) == (3, ExitCode.OK)
    assert files(tmp_path / "out") == sorted(f"cat/{image}.png" for image in names)


def test_a_list_writes_no_control_characters(project: Project) -> None:
    labels = read_labels(project.labels)
    rows = [(*row, "\x1b[2J\n") for row in labels.rows()]
    write_labels(project.labels, Labels.from_rows(rows, ["site"]))
    assert not set("".join(list_images(project).lines())) & {"\x1b", "\n"}
