"""The error tree and its exit codes."""

import pytest

from winnow import errors
from winnow.errors import ExitCode, WinnowError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WinnowError)]


def test_a_message_ends_with_its_hint() -> None:
    error = WinnowError("expected a folder, got a file", hint="name the folder that holds it")
    assert str(error) == "expected a folder, got a file\nhint: name the folder that holds it"


def test_without_a_hint_the_message_stands_alone() -> None:
    assert str(WinnowError("expected a folder, got a file")) == "expected a folder, got a file"


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_documented_exit_code_that_is_not_success(kind: type[WinnowError]) -> None:
    assert isinstance(kind.exit_code, ExitCode)
    assert kind.exit_code is not ExitCode.OK


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.CheckError, 1),
        (errors.UsageError, 2),
        (errors.ConfigError, 2),
        (errors.InputError, 2),
        (errors.FormatError, 2),
        (errors.MachineError, 3),
        (errors.DivergenceError, 4),
    ],
)
def test_exit_codes_never_change_for_they_are_an_interface(kind: type[WinnowError], code: int) -> None:
    assert kind("x").exit_code == code


def test_an_unread_format_is_also_bad_input() -> None:
    assert issubclass(errors.FormatError, errors.InputError)
