"""A project of the shipped parameters, and the command line as the console script runs it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.cli import main

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_bytes((CHECKOUT / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def repository(project: Path) -> Path:
    """A project in Git, with a commit and nothing that is registered."""
    # Imported late: it brings all of the pipeline, which most tests of the command line do without.
    from registered import introduce

    from repository import call

    call(project, "git", "init", "-q", "-b", "main")
    introduce(project, "ada")
    call(project, "git", "add", "-A")
    call(project, "git", "commit", "-q", "-m", "first")
    return project


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return a function from arguments to the exit code."""

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["winnow", *arguments])
        with pytest.raises(SystemExit) as stop:
            main.main()
        return int(stop.value.code or 0)

    return call
