"""Commands about the model: what it was judged to be, and what it says."""

from pathlib import Path
from typing import Annotated

import typer

from winnow.cli.app import Json, app, finish_data
from winnow.errors import UsageError
from winnow.project import find_project


@app.command()
def show(*, as_json: Json = False) -> None:
    """Show what the reports say: data, metrics with their intervals, where the pictures are."""
    from winnow.commands import show as verb

    finish_data(verb.show(find_project()), as_json=as_json)


@app.command()
def predict(
    images: Annotated[list[Path] | None, typer.Argument(help="Image files.")] = None,
    *,
    batch: Annotated[
        str | None,
        typer.Option("--batch", metavar="SOURCE", help="A folder, a list (.txt, .csv), gs://… or s3://…, of any size."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="With --batch: the folder of Parquet files.")] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="With --batch: throw away what --out holds, and begin anew.")
    ] = False,
    top: Annotated[int, typer.Option("--top", help="How many classes to name.")] = 3,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            "--bundle",
            help="Another model than models/bundle: a bundle's folder, or a file that `winnow export` wrote "
            "(models/onnx/model.onnx), which needs no torch.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Name the most probable classes of images; of any number of them with --batch, going on where it stopped."""
    if (batch is None) != (out is None) or (batch is not None and images) or (batch is None and restart):
        raise UsageError("expected images, or --batch SOURCE --out FOLDER", hint="winnow predict --help")
    from winnow.commands import predict as verb

    if batch is not None and out is not None:
        many = verb.predict_many(find_project(), batch, out, model=model, restart=restart)
        finish_data(many, as_json=as_json)
    finish_data(verb.predict(find_project(), images or [], top=top, model=model), as_json=as_json)
