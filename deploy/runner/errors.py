"""What can go wrong around a runner, each with the exit code that systemd acts on."""


class RunnerError(Exception):
    """GitHub did not do what was asked: try again later."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message}\nhint: {hint}" if hint else message)


class SettingsError(RunnerError):
    """A setting, a token or an archive that will not work however often it is tried."""

    exit_code = 2


class MachineError(RunnerError):
    """The machine cannot take a job now: a full disk, another loop."""

    exit_code = 3
