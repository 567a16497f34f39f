"""What can go wrong with a release, each with its exit code."""


class ReleaseError(Exception):
    """The release failed; whatever served before serves again."""

    exit_code = 1


class CommandError(ReleaseError):
    """A command of the cloud failed, or answered what cannot be read."""


class SmokeError(ReleaseError):
    """The candidate does not answer as it should."""


class CanaryError(ReleaseError):
    """With a share of the traffic the candidate fails too often or is too slow."""


class MissingError(ReleaseError):
    """A program is not installed. Nothing was changed."""

    exit_code = 3


class PutBackError(ReleaseError):
    """What served before could not be put back: somebody has to look."""

    exit_code = 4


class Stopped(BaseException):
    """A signal asked to end; what is half done is put back first.

    No `except Exception` sees it, as with KeyboardInterrupt.
    """

    exit_code = 130
