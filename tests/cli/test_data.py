import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from winnow.errors import ExitCode

Run = Callable[..., int]


def add_two_classes(folder: Path, run: Run) -> None:
    for shade, label in ((10, "dark"), (240, "bright")):
        (folder / "in" / label).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (8, 8), shade + number).save(folder / "in" / label / f"{label}{number}.png")
    assert run("add", "in", "--no-track") == ExitCode.OK


@pytest.mark.parametrize(
    "arguments",
    [("relabel",), ("relabel", "only-one"), ("relabel", "a", "b", "--from", "c"), ("relabel", "a", "b", "--remove")],
)
def test_relabel_wants_one_of_its_two_forms(
    project: Path, run: Run, capsys: pytest.CaptureFixture, arguments: tuple[str, ...]
) -> None:
    assert run(*arguments) == ExitCode.USAGE
    assert "or --from FOLDER" in capsys.readouterr().err


def test_a_data_set_can_be_listed_changed_shown_and_taken_out(
    project: Path, run: Run, capsys: pytest.CaptureFixture
) -> None:
    add_two_classes(project, run)
    assert "6 added" in capsys.readouterr().out
    assert run("images", "list", "--json", "--label", "dark") == ExitCode.OK
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} == {
        f"dark/dark{number}.png" for number in range(3)
    }
    assert run("relabel", "dark/dark0.png", "bright") == ExitCode.OK
    assert run("remove", "dark/dark1.png") == ExitCode.OK
    assert run("images", "export", "out") == ExitCode.OK
    assert sorted(path.name for path in (project / "out" / "dark").iterdir()) == ["dark2.png"]
    assert run("images", "--html") == ExitCode.OK
    assert (project / "reports" / "gallery.html").is_file()
    capsys.readouterr()
    assert run("relabel", "--from", "out", "--no-track") == ExitCode.OK
    assert "0 relabelled" in capsys.readouterr().out
