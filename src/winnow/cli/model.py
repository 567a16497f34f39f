"""Commands about the model: what it was judged to be, and what it says."""

from pathlib import Path
from typing import Annotated

import typer

from winnow.cli.app import Json, app, finish_data
from winnow.project import find_project


@app.command()
def show(*, as_json: Json = False) -> None:
    """Show what the reports say: data, metrics with their intervals, where the pictures are."""
    from winnow.commands import show as verb

    finish_data(verb.show(find_project()), as_json=as_json)


@app.command()
def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files.")],
    *,
    top: Annotated[int, typer.Option("--top", help="How many classes to name.")] = 3,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Another model than models/bundle of this project.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Name the most probable classes of images."""
    from winnow.commands import predict as verb

    finish_data(verb.predict(find_project(), images, top=top, bundle=bundle), as_json=as_json)
