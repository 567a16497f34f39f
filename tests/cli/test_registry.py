"""The commands of the registry as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import ExitCode

Run = Callable[..., int]
Capture = pytest.CaptureFixture[str]


def test_an_empty_registry_is_told(repository: Path, run: Run, capsys: Capture) -> None:
    assert run("models") == ExitCode.OK
    assert capsys.readouterr().out == "no version of classifier is registered: winnow register\n"
    assert run("models", "--json") == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("register", "--bump", "huge"), ExitCode.USAGE, "--bump"),
        (("register",), ExitCode.USAGE, "expected `artifacts:` of dvc.yaml"),
        (("promote", "--to", "production"), ExitCode.USAGE, "no version of classifier is registered"),
        (("promote", "v1.0.0"), ExitCode.USAGE, "--to"),
        (("promote", "v1.0.0", "--to", "heaven"), ExitCode.USAGE, "--to"),
        (("promote", "latest", "--to", "staging"), ExitCode.USAGE, "expected a version such as v1.2.0, got 'latest'"),
        (("rollback",), ExitCode.USAGE, "nothing is in production"),
        (("rollback", "--push"), ExitCode.USAGE, "expected a Git remote called origin, got none"),
        (("pull-model", "classifier"), ExitCode.USAGE, "no version of classifier is registered"),
        (("pull-model", "classifier@latest"), ExitCode.USAGE, "expected a version such as"),
        (("pull-model", "classifier", "--repo", "elsewhere"), ExitCode.USAGE, "expected --out DIR beside --repo"),
        (("card",), ExitCode.USAGE, "data.json"),
    ],
)
def test_what_cannot_be_ends_in_a_sentence(
    repository: Path, run: Run, capsys: Capture, arguments: tuple[str, ...], code: ExitCode, said: str
) -> None:
    assert run(*arguments) == code
    assert said in capsys.readouterr().err


def test_a_changed_file_is_an_answer_and_no_mistake(repository: Path, run: Run, capsys: Capture) -> None:
    (repository / "stray.txt").touch()
    assert run("register") == ExitCode.FAILED
    assert "expected a clean work tree" in capsys.readouterr().err


def test_outside_of_git_there_is_no_registry(project: Path, run: Run, capsys: Capture) -> None:
    assert run("models") == ExitCode.USAGE
    assert "lies in no Git repository" in capsys.readouterr().err
