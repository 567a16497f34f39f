import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from winnow import __version__, cli
from winnow.errors import ExitCode

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_bytes((CHECKOUT / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call the command line as the console script does; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["winnow", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return int(stop.value.code or 0)


def add_two_classes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for shade, label in ((10, "dark"), (240, "bright")):
        (folder / "in" / label).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (8, 8), shade + number).save(folder / "in" / label / f"{label}{number}.png")
    assert run(monkeypatch, "add", "in", "--no-track") == ExitCode.OK


def test_every_command_is_listed_and_has_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    assert run(monkeypatch, "--help") == ExitCode.OK
    page = capsys.readouterr().out
    for command in ("add", "prepare", "train", "evaluate", "show", "predict", "relabel", "remove", "images"):
        assert f"\n  {command} " in page
        assert run(monkeypatch, command, "--help") == ExitCode.OK


def test_version_is_the_packages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    assert run(monkeypatch, "--version") == ExitCode.OK
    assert capsys.readouterr().out == f"winnow {__version__}\n"


def test_python_dash_m_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "winnow", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"winnow {__version__}\n"


def test_a_folder_without_parameters_is_a_usage_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "show") == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("error: expected a params.yaml")


def test_a_mistyped_parameter_names_the_nearest_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    text = (project / "params.yaml").read_text(encoding="utf-8")
    (project / "params.yaml").write_text(text.replace("val_fraction", "val_fractoin"), encoding="utf-8")
    assert run(monkeypatch, "prepare") == ExitCode.USAGE
    error = capsys.readouterr().err
    assert "unknown key `data.val_fractoin`" in error
    assert "hint: did you mean `val_fraction`?" in error


@pytest.mark.parametrize(
    "arguments",
    [("relabel",), ("relabel", "only-one"), ("relabel", "a", "b", "--from", "c"), ("relabel", "a", "b", "--remove")],
)
def test_relabel_wants_one_of_its_two_forms(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *arguments) == ExitCode.USAGE
    assert "or --from FOLDER" in capsys.readouterr().err


def test_images_without_a_verb_says_what_there_is(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert run(monkeypatch, "images") == ExitCode.USAGE
    assert "`list`, `export DIR` or --html" in capsys.readouterr().err


def test_a_data_set_can_be_listed_changed_shown_and_taken_out(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    add_two_classes(project, monkeypatch)
    assert "6 added" in capsys.readouterr().out
    assert run(monkeypatch, "images", "list", "--json", "--label", "dark") == ExitCode.OK
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} == {
        f"dark/dark{number}.png" for number in range(3)
    }
    assert run(monkeypatch, "relabel", "dark/dark0.png", "bright") == ExitCode.OK
    assert run(monkeypatch, "remove", "dark/dark1.png") == ExitCode.OK
    assert run(monkeypatch, "images", "export", "out") == ExitCode.OK
    assert sorted(path.name for path in (project / "out" / "dark").iterdir()) == ["dark2.png"]
    assert run(monkeypatch, "images", "--html") == ExitCode.OK
    assert (project / "reports" / "gallery.html").is_file()
    capsys.readouterr()
    assert run(monkeypatch, "relabel", "--from", "out", "--no-track") == ExitCode.OK
    assert "0 relabelled" in capsys.readouterr().out


def test_predict_without_a_model_says_which_command_makes_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    Image.new("L", (8, 8)).save(project / "one.png")
    assert run(monkeypatch, "predict", "one.png") == ExitCode.USAGE
    assert "winnow train" in capsys.readouterr().err


def test_an_interrupt_ends_with_its_own_code(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("winnow.commands.show.show", interrupt)
    assert run(monkeypatch, "show") == ExitCode.INTERRUPTED
