from pathlib import Path

import pytest

from winnow.errors import ConfigError
from winnow.references import is_reference, load_reference


def write(folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def test_a_colon_makes_a_reference() -> None:
    assert is_reference("losses:focal")
    assert not is_reference("torchvision/resnet18")


def test_a_function_is_found_by_module_and_name(tmp_path: Path) -> None:
    write(tmp_path, "losses.py", "def double(x):\n    return 2 * x\n")
    assert load_reference("losses:double", tmp_path)(21) == 42


def test_options_are_bound_by_keyword(tmp_path: Path) -> None:
    write(tmp_path, "losses.py", "def scale(x, *, by=2):\n    return by * x\n")
    assert load_reference("losses:scale", tmp_path, {"by": 10})(4) == 40
    assert load_reference("losses:scale", tmp_path)(4) == 8


def test_a_subfolder_is_named_with_a_dot(tmp_path: Path) -> None:
    write(tmp_path, "nets/mixer.py", "def build():\n    return 'mixer'\n")
    assert load_reference("nets.mixer:build", tmp_path)() == "mixer"


def test_neighbours_are_imported_relatively(tmp_path: Path) -> None:
    write(tmp_path, "layers.py", "WIDTH = 7\n")
    write(tmp_path, "model.py", "from .layers import WIDTH\n\ndef width():\n    return WIDTH\n")
    assert load_reference("model:width", tmp_path)() == 7


def test_the_same_module_name_in_two_projects_does_not_clash(tmp_path: Path) -> None:
    for project in ("one", "two"):
        write(tmp_path / project, "model.py", f"def name():\n    return {project!r}\n")
    assert [load_reference("model:name", tmp_path / project)() for project in ("one", "two")] == ["one", "two"]


def test_a_module_may_be_called_like_one_of_pythons(tmp_path: Path) -> None:
    write(tmp_path, "random.py", "def draw():\n    return 4\n")
    assert load_reference("random:draw", tmp_path)() == 4
    import random

    assert hasattr(random, "Random")


def test_a_missing_module_is_named_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "losses.py", "")
    with pytest.raises(ConfigError, match=r"expected .*lossess\.py, found nothing") as caught:
        load_reference("lossess:focal", tmp_path)
    assert "did you mean `losses`?" in caught.value.hint


def test_a_missing_folder_is_told_like_a_missing_module(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="found nothing") as caught:
        load_reference("losses:focal", tmp_path / "custom")
    assert "README" in caught.value.hint


def test_a_missing_function_is_named_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "losses.py", "def focal_loss():\n    pass\n")
    with pytest.raises(ConfigError, match="no function `focal_los`") as caught:
        load_reference("losses:focal_los", tmp_path)
    assert "did you mean `focal_loss`?" in caught.value.hint


def test_a_module_without_functions_says_where_to_put_one(tmp_path: Path) -> None:
    write(tmp_path, "losses.py", "focal = 3\n")
    with pytest.raises(ConfigError, match="no function `focal`") as caught:
        load_reference("losses:focal", tmp_path)
    assert "top level" in caught.value.hint


def test_an_unknown_option_is_named_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "losses.py", "def focal(x, *, gamma=2.0):\n    return x\n")
    with pytest.raises(ConfigError, match="takes no option `gama`") as caught:
        load_reference("losses:focal", tmp_path, {"gama": 1.0})
    assert "did you mean `gamma`?" in caught.value.hint


def test_a_function_with_keyword_arguments_takes_any_option(tmp_path: Path) -> None:
    write(tmp_path, "losses.py", "def anything(**options):\n    return options\n")
    assert load_reference("losses:anything", tmp_path, {"gama": 1})() == {"gama": 1}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("import math\nx = math.sqrt(-1)\n", "broken.py:2: x = math.sqrt(-1)"),
        ("def f(:\n    pass\n", "broken.py:1: def f(:"),
        ("from .missing import x\n", "broken.py:1: from .missing import x"),
    ],
    ids=["raises", "is no Python", "imports what is not there"],
)
def test_a_module_that_cannot_be_imported_shows_its_own_line(tmp_path: Path, content: str, line: str) -> None:
    write(tmp_path, "broken.py", content)
    with pytest.raises(ConfigError, match="cannot be imported") as caught:
        load_reference("broken:f", tmp_path)
    assert line in caught.value.message


def test_the_line_shown_is_the_one_in_the_file_that_failed(tmp_path: Path) -> None:
    write(tmp_path, "layers.py", "\n\nraise KeyError('depth')\n")
    write(tmp_path, "model.py", "from .layers import x\n")
    with pytest.raises(ConfigError, match=r"layers\.py:3: raise KeyError"):
        load_reference("model:build", tmp_path)


def test_a_mended_module_can_be_loaded_in_the_same_process(tmp_path: Path) -> None:
    write(tmp_path, "model.py", "raise ValueError\n")
    with pytest.raises(ConfigError):
        load_reference("model:build", tmp_path)
    write(tmp_path, "model.py", "def build():\n    return 'mended'\n")
    assert load_reference("model:build", tmp_path)() == "mended"
