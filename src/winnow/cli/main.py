"""Where `winnow` starts: every command, in the order of `winnow --help`."""

import sys

import typer

from winnow.cli import (
    checks,
    data,
    images,
    load,
    loop,
    machine,
    model,
    registry,
    release,
    review,
    serve,
    stages,
    verdict,
)
from winnow.cli.app import app
from winnow.errors import ExitCode, WinnowError

__all__ = ["app", "main"]

COMMANDS = (data, checks, stages, model, verdict, loop, registry, release, serve, load, images, review, machine)
"""Importing them is what makes their commands known."""


def main() -> None:
    """Run the command line; a user's mistake ends in a message and an exit code, never in a traceback."""
    try:
        app()
    except WinnowError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; the interpreter would complain when it flushes at exit.
        sys.stderr.close()
