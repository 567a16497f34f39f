from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import ExitCode

Run = Callable[..., int]


def test_images_without_a_verb_says_what_there_is(project: Path, run: Run, capsys: pytest.CaptureFixture) -> None:
    assert run("images") == ExitCode.USAGE
    assert "`list`, `export DIR` or --html" in capsys.readouterr().err
