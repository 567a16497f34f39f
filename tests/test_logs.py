"""Log lines and progress go to stderr; stdout is for data."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from winnow import logs
from winnow.logs import configure_logging, logger, progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored_logger() -> Iterator[None]:
    before = (logger.handlers[:], logger.level, logger.propagate)
    logger.handlers.clear()
    yield
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def test_lines_go_to_stderr_and_never_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(verbose=False)
    logger.info("packed %d images", 3)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "packed 3 images\n"


@pytest.mark.parametrize("verbose", [False, True])
def test_details_appear_only_when_asked_for(verbose: bool, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(verbose=verbose)
    logger.debug("detail")
    assert ("detail" in capsys.readouterr().err) is verbose


def test_configuring_twice_does_not_say_everything_twice(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(verbose=False)
    configure_logging(verbose=False)
    logger.info("once")
    assert capsys.readouterr().err == "once\n"


def test_lines_follow_stderr_when_a_progress_bar_takes_it_over(monkeypatch: pytest.MonkeyPatch) -> None:
    configure_logging(verbose=False)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    logger.info("epoch 1")
    assert stream.getvalue() == "epoch 1\n"


def test_ci_is_never_interactive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.delenv("CI", raising=False)
    assert logs.is_interactive()
    monkeypatch.setenv("CI", "true")
    assert not logs.is_interactive()


def test_without_a_terminal_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    monkeypatch.setattr(logs.time, "monotonic", lambda: now)
    with caplog.at_level(logging.INFO, "winnow"), progress("packing", 30, "images") as advance:
        for _ in range(30):
            now += 1.0
            advance(1)
    assert caplog.messages == ["packing: 10 of 30 images", "packing: 20 of 30 images", "packing: 30 of 30 images"]


def test_progress_of_an_unknown_total_counts(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    ticks = iter([0.0, 60.0])
    monkeypatch.setattr(logs.time, "monotonic", lambda: next(ticks))
    with caplog.at_level(logging.INFO, "winnow"), progress("packing", None, "images") as advance:
        advance(7)
    assert caplog.messages == ["packing: 7 images"]


@pytest.mark.parametrize("total", [2, None])
def test_on_a_terminal_progress_is_a_bar_on_stderr(
    total: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    configure_logging(verbose=False)
    with progress("packing", total, "images") as advance:
        advance(2)
        logger.info("a line above the bar")
    assert "packing" in terminal.getvalue()
    assert "a line above the bar" in terminal.getvalue()
    assert capsys.readouterr().out == ""
