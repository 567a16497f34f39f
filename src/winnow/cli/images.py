"""`winnow images`: looking at the images, and taking them out."""

from pathlib import Path
from typing import Annotated

import typer

from winnow.cli.app import Json, app, finish, finish_data
from winnow.errors import UsageError
from winnow.project import find_project

images_app = typer.Typer(rich_markup_mode=None)
app.add_typer(images_app, name="images")

Label = Annotated[str | None, typer.Option("--label", help="Only images of this class.")]
Split = Annotated[str | None, typer.Option("--split", help="Only images pinned to this split.")]


@images_app.callback(invoke_without_command=True)
def images(
    context: typer.Context,
    *,
    html: Annotated[bool, typer.Option("--html", help="Write a local gallery, reports/gallery.html.")] = False,
    label: Label = None,
    split: Split = None,
) -> None:
    """Look at the images of the data set, or take them out into folders."""
    if context.invoked_subcommand is not None:
        return
    if not html:
        raise UsageError("expected `list`, `export DIR` or --html", hint="winnow images --help")
    from winnow.commands import images as verb

    typer.echo(str(verb.gallery(find_project(), label=label, split=split)))


@images_app.command("list")
def list_images(*, label: Label = None, split: Split = None, as_json: Json = False) -> None:
    """List the images: id, label, name, group, split and further columns, tab separated."""
    from winnow.commands import images as verb

    finish_data(verb.list_images(find_project(), label=label, split=split), as_json=as_json)


@images_app.command()
def export(folder: Annotated[Path, typer.Argument(help="Where the class folders go.")]) -> None:
    """Write the images into a folder per class; never overwrite a file that differs."""
    from winnow.commands import images as verb

    finish(verb.export(find_project(), folder))
