import io
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


def test_erasing_asks_a_person_or_wants_a_yes(
    project: Path, run: Run, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_two_classes(project, run)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    capsys.readouterr()
    assert run("erase", "dark/dark0.png") == ExitCode.USAGE
    assert "--yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert run("erase", "dark/dark0.png") == ExitCode.OK
    assert "dark dark/dark0.png" in capsys.readouterr().err
    assert run("erase", "dark/dark1.png", "--yes") == ExitCode.OK
    assert (project / "data" / "erased.csv").read_text(encoding="utf-8").count("\n") == 3
    assert run("erase") == ExitCode.USAGE
    assert run("add", "in", "--no-track") == ExitCode.OK
    assert "2 refused" in capsys.readouterr().out


def test_parts_are_compacted(project: Path, run: Run, capsys: pytest.CaptureFixture) -> None:
    add_two_classes(project, run)
    assert run("remove", "dark/dark0.png") == ExitCode.OK
    capsys.readouterr()
    assert run("compact", "--no-track") == ExitCode.OK
    assert "left out: 1 rows" in capsys.readouterr().out
    assert run("compact") == ExitCode.USAGE, "no DVC repository"


def test_private_options_reach_the_data_set(
    project: Path, run: Run, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "in" / "cat").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x010E] = "Jane Planted"
    Image.new("L", (8, 8)).save(project / "in" / "cat" / "Jane Planted.jpg", exif=exif)
    monkeypatch.delenv("WINNOW_PSEUDONYM_KEY", raising=False)
    assert run("add", "in", "--no-track", "--pseudonymous") == ExitCode.USAGE
    assert "secrets.token_hex" in capsys.readouterr().err
    monkeypatch.setenv("WINNOW_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    assert run("add", "in", "--no-track", "--pseudonymous", "--strip-metadata") == ExitCode.OK
    written = b"".join(path.read_bytes() for path in (project / "data").rglob("*") if path.is_file())
    assert b"Jane Planted" not in written


def test_the_keeper_of_the_labels_is_git_or_dvc(project: Path, run: Run, capsys: pytest.CaptureFixture) -> None:
    assert run("labels", "paper") == ExitCode.USAGE
    assert run("labels", "dvc") == ExitCode.USAGE
    assert "no DVC repository" in capsys.readouterr().err
    (project / ".dvc").mkdir()
    assert run("labels", "dvc") == ExitCode.OK
    assert "DVC tracks data/labels.csv" in capsys.readouterr().out
    assert run("labels", "git") == ExitCode.OK
    assert "Git tracks data/labels.csv" in capsys.readouterr().out
