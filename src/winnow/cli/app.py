"""The application that commands join, and how they end.

Verbs are imported inside the commands: `winnow --help` must not pay for torch, and `winnow add` must not need it.
"""

import json
from collections.abc import Iterable
from typing import Annotated, Any, NoReturn, Protocol

import typer

from winnow import __version__
from winnow.errors import ExitCode
from winnow.logs import configure_logging

app = typer.Typer(
    help="Run an image classifier's whole life by pull request.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


class Result(Protocol):
    """What a verb returns: text, and the code to exit with."""

    @property
    def exit_code(self) -> ExitCode:
        """OK unless a person should look."""

    def lines(self) -> Iterable[str]:
        """Return what to print."""


class DataResult(Result, Protocol):
    """A result that also has a form for programs."""

    def records(self) -> Any:
        """Return plain data."""


def finish(result: Result) -> NoReturn:
    """Print a result as text, and exit with its code."""
    for line in result.lines():
        typer.echo(line)
    raise typer.Exit(result.exit_code)


def finish_data(result: DataResult, *, as_json: bool) -> NoReturn:
    """Print a result as text or as JSON, and exit with its code."""
    if not as_json:
        finish(result)
    typer.echo(json.dumps(result.records(), indent=2, ensure_ascii=False))
    raise typer.Exit(result.exit_code)


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer calls it with the flag's value
    if value:
        typer.echo(f"winnow {__version__}")
        raise typer.Exit


@app.callback()
def configure(
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more about what happens.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Run an image classifier's whole life by pull request."""
    del version
    configure_logging(verbose=verbose)
