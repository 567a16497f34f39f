"""The commands between a tag and a service as a person types them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import ExitCode

Run = Callable[..., int]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "model", "classifier@v1.0.0"), "--to"),
        (("verify", "model", "classifier@v1.0.0", "--to", "heaven"), "--to"),
        (("verify", "model", "classifier", "--to", "staging"), "expected NAME@VERSION, got 'classifier'"),
        (("verify", "model", "classifier@v1.0.0", "--to", "staging", "--json"), "has no version v1.0.0"),
        (("verify", "vault", "classifier@v1.0.0", "--to", "staging"), "verification.json, found nothing"),
        (("verify", "vault", "classifier@v1.0.0", "--to", "staging", "--out", "no.json"), "no.json, found nothing"),
        (("promote", "--to", "staging", "--verified", "no.json"), "no version of classifier is registered"),
        (("release", "request"), "expected the event of a workflow's run, got none"),
        (("release", "tell"), "request.json, found nothing"),
    ],
)
def test_what_cannot_be_ends_in_a_sentence(
    repository: Path,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    for name in ("GITHUB_EVENT_PATH", "GITHUB_EVENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    assert run(*arguments) == ExitCode.USAGE
    assert said in capsys.readouterr().err
