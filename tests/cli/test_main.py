import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow import __version__
from winnow.errors import ExitCode

Run = Callable[..., int]


def test_every_command_is_listed_and_has_help(run: Run, capsys: pytest.CaptureFixture) -> None:
    assert run("--help") == ExitCode.OK
    page = capsys.readouterr().out
    for command in (
        "add",
        "check",
        "prepare",
        "train",
        "evaluate",
        "show",
        "predict",
        "relabel",
        "remove",
        "images",
        "doctor",
    ):
        assert f"\n  {command} " in page
        assert run(command, "--help") == ExitCode.OK


def test_version_is_the_packages(run: Run, capsys: pytest.CaptureFixture) -> None:
    assert run("--version") == ExitCode.OK
    assert capsys.readouterr().out == f"winnow {__version__}\n"


def test_python_dash_m_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "winnow", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"winnow {__version__}\n"


def test_a_folder_without_parameters_is_a_usage_error_with_a_hint(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("show") == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("error: expected a params.yaml")


def test_a_mistyped_parameter_names_the_nearest_one(project: Path, run: Run, capsys: pytest.CaptureFixture) -> None:
    text = (project / "params.yaml").read_text(encoding="utf-8")
    (project / "params.yaml").write_text(text.replace("val_fraction", "val_fractoin"), encoding="utf-8")
    assert run("prepare") == ExitCode.USAGE
    error = capsys.readouterr().err
    assert "unknown key `data.val_fractoin`" in error
    assert "hint: did you mean `val_fraction`?" in error


def test_an_interrupt_ends_with_its_own_code(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("winnow.commands.show.show", interrupt)
    assert run("show") == ExitCode.INTERRUPTED
