"""Commands about this machine: whether it has what the work takes."""

from typing import Annotated

import typer

from winnow.cli.app import Json, app, finish_data
from winnow.project import find_project

doctor_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(doctor_app, name="doctor")


@doctor_app.callback()
def doctor() -> None:
    """Say what on this machine stands in the way, and what mends it."""


@doctor_app.command()
def remote(*, as_json: Json = False) -> None:
    """Say which remote and credential would be used, and try them: write, list, read and delete one tiny object."""
    from winnow.commands import doctor as verb

    finish_data(verb.doctor_remote(find_project()), as_json=as_json)


@doctor_app.command()
def data(
    branch: Annotated[str | None, typer.Argument(help="Compare with where this branch was left.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Say whether parts of the data set are lost, since HEAD and since the default branch was left; fetch none."""
    from winnow.commands import doctor_data as verb

    finish_data(verb.doctor_data(find_project(), branch), as_json=as_json)
