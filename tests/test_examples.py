import copy
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from thumbnails import webp

from winnow.errors import InputError
from winnow.examples import EXAMPLES, read_examples, write_examples

PICTURES = [[webp(10), webp(20)], [], [webp(30)]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / EXAMPLES


def archive(path: Path, *members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def test_pictures_come_back_by_class_and_in_their_order(path: Path) -> None:
    write_examples(path, PICTURES)
    assert read_examples(path, 3) == PICTURES


def test_the_same_pictures_give_the_same_bytes_whatever_the_day_and_the_system(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_examples(path, PICTURES)
    first = path.read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("sys.platform", "win32")
    write_examples(path, PICTURES)
    assert path.read_bytes() == first
    with zipfile.ZipFile(path) as file:
        assert [each.filename for each in file.infolist()] == ["0/0.webp", "0/1.webp", "2/0.webp"]
        assert {each.date_time for each in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_model_without_training_images_has_a_file_without_pictures(path: Path) -> None:
    write_examples(path, [[], []])
    assert read_examples(path, 2) == [[], []]


@pytest.mark.parametrize(
    "name",
    [
        "3/0.webp",
        "0/1.webp",
        "0/00.webp",
        "00/0.webp",
        "0/0.png",
        "../0/0.webp",
        "/0/0.webp",
        "0/",
        "0/0.webp/x",
        "-1/0.webp",
    ],
)
def test_a_name_that_is_not_the_next_of_a_class_is_refused(path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not expected of a model with 3 classes"):
        read_examples(archive(path, (name, webp(1))), 3)


def test_a_picture_that_comes_twice_is_refused(path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive(path, ("0/0.webp", webp(1)), ("0/0.webp", webp(2)))
    with pytest.raises(InputError, match="is not expected"):
        read_examples(path, 3)


def test_what_is_no_webp_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match=r"0/0\.webp is no WebP"):
        read_examples(archive(path, ("0/0.webp", b"<script>alert(1)</script>")), 3)


def test_what_is_compressed_is_refused_for_it_could_be_a_bomb(path: Path) -> None:
    with pytest.raises(InputError, match="is compressed"):
        read_examples(archive(path, ("0/0.webp", webp(1)), compression=zipfile.ZIP_DEFLATED), 3)


def test_a_picture_of_another_size_than_a_thumbnail_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match="larger than 65,536 bytes"):
        read_examples(archive(path, ("0/0.webp", webp(1) + b"x" * 70_000)), 3)


def test_a_file_that_is_too_large_is_not_even_opened(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate((64 << 20) + 1)
    with pytest.raises(InputError, match="expected at most 67,108,864 bytes"):
        read_examples(path, 3)


def test_members_that_share_their_bytes_are_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("0/0.webp", webp(1) + b"x" * 4000)
        for target in (1, 2):
            shared = copy.copy(file.filelist[0])
            shared.filename = f"{target}/0.webp"
            file.filelist.append(shared)
    with pytest.raises(InputError, match="its members are larger than the file"):
        read_examples(path, 3)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"WEBP", b"WEBQ", 1),
        lambda content: b"no archive",
    ],
    ids=["empty", "cut", "changed", "another"],
)
def test_a_broken_file_is_refused(path: Path, spoil: Callable[[bytes], bytes]) -> None:
    write_examples(path, PICTURES)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(InputError, match="it is broken") as caught:
        read_examples(path, 3)
    assert "project.disclose" in caught.value.hint
