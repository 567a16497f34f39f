import logging

import pytest

from winnow.checks.findings import Example, Finding, announce
from winnow.errors import CheckError, ExitCode


def finding(severity: str, number: int) -> Finding:
    return Finding(f"D90{number}", severity, f"message {number}", f"remedy {number}")  # type: ignore[arg-type]


def test_what_is_no_error_is_logged_with_its_remedy(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="winnow"):
        announce([finding("info", 1), finding("warning", 2)])
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "D901 message 1 (remedy 1)"),
        ("WARNING", "D902 message 2 (remedy 2)"),
    ]


def test_every_error_is_named_at_once() -> None:
    with pytest.raises(CheckError) as caught:
        announce([finding("error", 1), finding("warning", 2), finding("error", 3)])
    assert caught.value.message == "D901 message 1\nD903 message 3"
    assert caught.value.hint == "remedy 1; remedy 3"
    assert caught.value.exit_code == ExitCode.FAILED


def test_a_finding_is_plain_data() -> None:
    assert Finding("D901", "info", "m", "h", [Example(("a", "b"), "see")]).as_dict() == {
        "id": "D901",
        "severity": "info",
        "message": "m",
        "hint": "h",
        "examples": [{"ids": ["a", "b"], "note": "see"}],
    }
