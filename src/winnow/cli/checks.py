"""`winnow check`: what is wrong with the data set."""

from typing import Annotated

import typer

from winnow.cli.app import Json, app, finish_data
from winnow.errors import UsageError
from winnow.project import find_project


@app.command()
def check(
    *,
    as_json: Json = False,
    html: Annotated[
        bool, typer.Option("--html", help="Write a local page with pictures, reports/checks.html.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings, too.")] = False,
) -> None:
    """Check the data set: what is wrong, and what looks so. Exit 1 for errors (docs/checks.md)."""
    from winnow.commands import check as verb

    if as_json and html:
        raise UsageError("expected one of --json and --html", hint="run it once for each")
    if html:
        path, result = verb.check_page(find_project(), is_strict=strict)
        typer.echo(str(path))
        raise typer.Exit(result.exit_code)
    finish_data(verb.check(find_project(), is_strict=strict), as_json=as_json)
