import json
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.data.labels import Labels, write_labels
from winnow.errors import ExitCode

Run = Callable[..., int]


@pytest.fixture
def unsound(project: Path) -> Path:
    """A project with labels and no image."""
    (project / "data").mkdir()
    write_labels(project / "data" / "labels.csv", Labels.from_rows([("a" * 20, "oak", "", "", "train")]))
    return project


def test_errors_are_printed_with_their_remedy_and_fail(
    unsound: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check") == ExitCode.FAILED
    out = capsys.readouterr().out
    assert "D104 error: 1 of 1 labelled images are in no part here" in out
    assert "hint: dvc pull" in out


def test_json_is_for_programs(unsound: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--json") == ExitCode.FAILED
    records = json.loads(capsys.readouterr().out)
    assert records["counts"]["error"] == 3
    assert records["findings"][0]["id"] == "D101"


def test_the_page_is_named(unsound: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--html") == ExitCode.FAILED
    assert capsys.readouterr().out.strip() == str(unsound / "reports" / "checks.html")


def test_a_page_and_json_exclude_each_other(unsound: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--html", "--json") == ExitCode.USAGE
    assert "run it once for each" in capsys.readouterr().err


def test_without_labels_the_command_that_makes_them_is_named(
    project: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check") == ExitCode.USAGE
    assert "winnow add" in capsys.readouterr().err
