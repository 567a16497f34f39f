from pathlib import Path

import matplotlib as mpl
import pytest
from PIL import Image

from winnow.reporting.canvas import canvas, short


def draw(path: Path, title: str = "title") -> None:
    with canvas(path, width=2, height=1) as figure:
        figure.add_subplot().set_title(title)


def test_a_picture_has_the_size_asked_for_and_says_nothing_about_its_making(tmp_path: Path) -> None:
    draw(tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as image:
        assert image.size == (288, 144)
        assert set(image.info) <= {"dpi"}


def test_the_same_drawing_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        draw(tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_users_style_neither_leaks_in_nor_is_changed(tmp_path: Path) -> None:
    draw(tmp_path / "one.png")
    with mpl.rc_context({"font.size": 30}):
        draw(tmp_path / "two.png")
        assert mpl.rcParams["font.size"] == 30
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize("title", ["a $x^$ b", "名前", "100% _sure_ {}"])
def test_any_class_name_can_be_drawn(title: str, tmp_path: Path) -> None:
    draw(tmp_path / "picture.png", title)
    assert (tmp_path / "picture.png").is_file()


def test_an_error_while_drawing_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), canvas(tmp_path / "picture.png", width=2, height=1):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_long_names_are_cut() -> None:
    assert short("oak") == "oak"
    assert short("x" * 24) == "x" * 24
    assert short("x" * 25) == "x" * 23 + "…"
