"""Every error a user can cause, each with the exit code that the command line returns for it.

A message says what was expected, what was got, and ends with how to mend it (`hint`).
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What `winnow` returns to the shell. Documented in `docs/cli.md`."""

    OK = 0
    FAILED = 1
    """The command did its work and the answer is no: a check failed, or a person must decide."""
    USAGE = 2
    """Wrong arguments, wrong parameters, or missing or unusable input."""
    MACHINE = 3
    """The machine refused: disk full, a package or a weight file that is not there."""
    DIVERGED = 4
    """Training produced a number that is not finite."""
    INTERRUPTED = 130


class WinnowError(Exception):
    """The root of the tree. Raise a subclass, with a hint."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class UsageError(WinnowError):
    """The command was called in a way that cannot work."""


class ConfigError(WinnowError):
    """`params.yaml` does not say what a step needs, or says something that does not exist."""


class InputError(WinnowError):
    """A file or folder that a step reads is missing, empty or malformed."""


class FormatError(InputError):
    """A file carries another schema or task than this version of winnow reads."""


class CheckError(WinnowError):
    """A check of the data or of a model said no."""

    exit_code = ExitCode.FAILED


class MachineError(WinnowError):
    """The machine lacks something: disk space, a package, a file that cannot be downloaded."""

    exit_code = ExitCode.MACHINE


class DivergenceError(WinnowError):
    """A loss or a gradient is not finite."""

    exit_code = ExitCode.DIVERGED
