from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import ExitCode

Run = Callable[..., int]


def test_a_diff_is_printed_in_one_form(project: Path, run: Run, capsys: pytest.CaptureFixture) -> None:
    assert run("diff", "--json", "--html") == ExitCode.USAGE
    assert "one of --json, --markdown and --html" in capsys.readouterr().err


def test_a_diff_outside_of_git_says_so(project: Path, run: Run, capsys: pytest.CaptureFixture) -> None:
    assert run("diff") == ExitCode.USAGE
    assert "no Git repository" in capsys.readouterr().err


def test_a_merge_takes_the_word_of_a_side_and_of_nobody_else(
    project: Path, run: Run, capsys: pytest.CaptureFixture
) -> None:
    assert run("merge", "--prefer", "mine") == ExitCode.USAGE
    assert run("merge", "main", "--prefer", "ours") == ExitCode.USAGE
    assert "no Git repository" in capsys.readouterr().err
