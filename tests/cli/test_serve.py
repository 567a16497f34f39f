from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from winnow.commands import serve as verb
from winnow.errors import ExitCode
from winnow.serving.settings import Settings

Run = Callable[..., int]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the verb was called with."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(verb, "serve", lambda model, **words: calls.append({"model": model, **words}))
    return calls


def test_without_options_everything_is_as_the_settings_say(run: Run, heard: list[dict[str, Any]]) -> None:
    assert run("serve") == ExitCode.OK
    (call,) = heard
    assert (call["model"], call["host"], call["port"]) == (None, "127.0.0.1", 8000)
    assert call["asked"].settings() == Settings()


def test_every_option_has_a_variable_of_the_same_name(
    run: Run, heard: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {
        "stage": "staging",
        "workers": 3,
        "max_batch": 4,
        "wait_ms": 1.5,
        "max_queue": 5,
        "patience_ms": 6.5,
        "max_body_mb": 6,
        "max_memory_mb": 7,
        "max_pixels": 8,
        "max_images": 9,
        "timeout_s": 2.5,
        "rate_per_s": 3.5,
        "drain_s": 4.5,
        "log_to": "gs://bucket/log",
        "log_buffer": Path("buffer"),
        "log_buffer_mb": 11,
        "log_segment_mb": 12,
        "log_segment_s": 13.5,
        "log_images": True,
        "retain_days": 14,
        "feedback_any_label": True,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"WINNOW_{name.upper()}", str(value))
    monkeypatch.setenv("WINNOW_MODEL", "classifier@v1.0.0")
    monkeypatch.setenv("WINNOW_HOST", "0.0.0.0")
    monkeypatch.setenv("WINNOW_HTTP_PORT", "81")
    assert run("serve", "folder", "--cors-origin", "https://a.example") == ExitCode.OK
    (call,) = heard
    assert (call["model"], call["host"], call["port"]) == ("folder", "0.0.0.0", 81)
    expected = {**values, "expect": "classifier@v1.0.0", "origins": ("https://a.example",)}
    assert asdict(call["asked"]) == expected


def test_feedback_wants_a_log_and_a_folder(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("feedback", str(tmp_path / "log")) == ExitCode.USAGE
    assert "--to" in capsys.readouterr().err
    assert run("feedback", str(tmp_path / "log"), "--to", str(tmp_path / "out")) == ExitCode.OK
    assert capsys.readouterr().out == "0 candidates from feedback on 0 images\n"


def test_a_model_that_is_not_there_is_a_usage_error(
    run: Run, capsys: pytest.CaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("serve", "nowhere") == ExitCode.USAGE
    assert "expected a model at nowhere, found nothing" in capsys.readouterr().err
