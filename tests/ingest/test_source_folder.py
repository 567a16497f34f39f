import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from winnow.errors import InputError, UsageError
from winnow.ingest.source_folder import FolderSource

WriteImages = Callable[[Path, dict[str, int]], Path]
Png = Callable[[int], bytes]


def read(source: FolderSource) -> list[tuple[str, str | None, str]]:
    return [(item.name, item.label, item.split) for item in source.items()]


def test_each_folder_is_a_class_in_sorted_order(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path, {"dog/2.png": 1, "dog/10.png": 2, "cat/deep/er/1.png": 3, "Ant/1.png": 4})
    source = FolderSource(tmp_path)
    assert read(source) == [
        ("Ant/1.png", "Ant", ""),
        ("cat/deep/er/1.png", "cat", ""),
        ("dog/10.png", "dog", ""),
        ("dog/2.png", "dog", ""),
    ]
    assert source.count() == 4


def test_items_carry_path_and_size(tmp_path: Path, write_images: WriteImages, png: Png) -> None:
    write_images(tmp_path, {"cat/1.png": 1})
    [item] = FolderSource(tmp_path).items()
    assert item.path == str(tmp_path / "cat" / "1.png")
    assert item.num_bytes == len(png(1))


def test_folders_named_after_splits_pin_the_split(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path, {"train/cat/1.png": 1, "valid/cat/2.png": 2, "test/dog/deep/3.png": 3})
    assert read(FolderSource(tmp_path)) == [
        ("test/dog/deep/3.png", "dog", "test"),
        ("train/cat/1.png", "cat", "train"),
        ("valid/cat/2.png", "cat", "val"),
    ]


def test_a_file_between_split_and_class_has_no_class(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path, {"train/cat/1.png": 1, "train/loose.png": 2})
    assert read(FolderSource(tmp_path)) == [("train/cat/1.png", "cat", "train"), ("train/loose.png", None, "train")]


@pytest.mark.parametrize("names", [["train/1.png", "test/1.png"], ["train/cat/1.png", "other/cat/1.png"]])
def test_such_names_are_classes_unless_all_folders_are_splits_of_classes(
    tmp_path: Path, write_images: WriteImages, names: list[str]
) -> None:
    write_images(tmp_path, {name: number for number, name in enumerate(names)})
    assert {label for _, label, _ in read(FolderSource(tmp_path))} == {name.split("/")[0] for name in names}


def test_files_without_a_class_need_a_label(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path, {"1.png": 1, "2.png": 2})
    with pytest.raises(UsageError, match=r"got files: 1\.png and 1 more\nhint: .*--label"):
        FolderSource(tmp_path)
    assert read(FolderSource(tmp_path, label="cat")) == [("1.png", "cat", ""), ("2.png", "cat", "")]


def test_files_beside_class_folders_are_offered_without_a_class(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path, {"readme.txt": 1, "cat/1.png": 2})
    assert read(FolderSource(tmp_path)) == [("cat/1.png", "cat", ""), ("readme.txt", None, "")]
    assert read(FolderSource(tmp_path, label="dog")) == [("cat/1.png", "cat", ""), ("readme.txt", "dog", "")]


@pytest.mark.parametrize("names", [[], ["cat/"], [".git/x", "cat/.DS_Store", "Thumbs.db"]])
def test_an_empty_folder_is_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).mkdir(exist_ok=True) if name.endswith("/") else (tmp_path / name).touch()
    with pytest.raises(InputError, match="empty folder"):
        FolderSource(tmp_path)


def test_hidden_files_and_litter_are_skipped(tmp_path: Path, write_images: WriteImages) -> None:
    names = ["cat/.hidden.png", "cat/Thumbs.db", ".cache/1.png", "__MACOSX/1.png", "cat/1.png"]
    write_images(tmp_path, {name: number for number, name in enumerate(names)})
    assert [name for name, _, _ in read(FolderSource(tmp_path))] == ["cat/1.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs the right to make links")
def test_links_are_offered_and_not_followed(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "outside", {"1.png": 1})
    source = write_images(tmp_path / "source", {"cat/1.png": 2})
    (source / "cat" / "file.png").symlink_to(source / "cat" / "1.png")
    (source / "cat" / "folder").symlink_to(tmp_path / "outside")
    (source / "linked").symlink_to(tmp_path / "outside")
    assert [name for name, _, _ in read(FolderSource(source))] == ["cat/1.png", "cat/file.png", "cat/folder", "linked"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_odd_names_become_readable(tmp_path: Path, png: Png) -> None:
    for name in (b"a b", b"+1", b"-rf", "d\u00e9".encode(), b"line\nbreak", b"\xff"):
        folder = tmp_path / os.fsdecode(name)
        folder.mkdir()
        (folder / "1.png").write_bytes(png(1))
    labels = [label for _, label, _ in read(FolderSource(tmp_path))]
    assert sorted(labels) == ["+1", "-rf", "\\udcff", "a b", "d\u00e9", "line\\nbreak"]


def test_the_folder_of_an_exported_label_gives_the_label_back(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path, {"%2E.%2Fx/1.png": 1, "%unlabelled/2.png": 2})
    assert [label for _, label, _ in read(FolderSource(tmp_path))] == ["../x", ""]


def test_a_folder_that_cannot_be_listed_is_offered_for_a_refusal(
    tmp_path: Path, write_images: WriteImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path, {"cat/1.png": 1, "cat/locked/2.png": 2})
    scandir = os.scandir

    def refuse(folder: str) -> Any:
        if folder.endswith("locked"):
            raise PermissionError
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert [name for name, _, _ in read(FolderSource(tmp_path))] == ["cat/1.png", "cat/locked"]
    assert FolderSource(tmp_path).count() == 2


def test_a_source_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        FolderSource(tmp_path)
