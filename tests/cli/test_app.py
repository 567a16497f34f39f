import json
from typing import Any

import pytest
import typer

from winnow.cli.app import finish, finish_data
from winnow.errors import ExitCode


class Answer:
    exit_code = ExitCode.FAILED

    def lines(self) -> list[str]:
        return ["one", "two"]

    def records(self) -> Any:
        return {"größe": 1}


def test_a_result_is_printed_and_its_code_is_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as end:
        finish(Answer())
    assert end.value.exit_code == ExitCode.FAILED
    assert capsys.readouterr().out == "one\ntwo\n"


@pytest.mark.parametrize("as_json", [False, True])
def test_data_is_printed_as_text_or_as_json(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    with pytest.raises(typer.Exit) as end:
        finish_data(Answer(), as_json=as_json)
    assert end.value.exit_code == ExitCode.FAILED
    printed = capsys.readouterr().out
    assert (json.loads(printed) == {"größe": 1}) if as_json else printed == "one\ntwo\n"
    assert not as_json or "größe" in printed
