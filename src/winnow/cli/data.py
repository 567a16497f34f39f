"""Commands that change the data set."""

from typing import Annotated

import typer

from winnow.cli.app import app, finish
from winnow.errors import UsageError
from winnow.project import find_project

Track = Annotated[bool, typer.Option("--track/--no-track", help="Track new parts with DVC.")]


@app.command()
def add(
    source: Annotated[
        str, typer.Argument(help="A folder per class, a CSV (path,label,...), `sklearn:digits`, or `idx:DIR`.")
    ],
    *,
    label: Annotated[
        str | None, typer.Option("--label", help="The class of images that lie in no class folder.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when any file was quarantined.")] = False,
    track: Track = True,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="SOURCE is under `dvc add`: pull it, add it, then `dvc remove` it.")
    ] = False,
) -> None:
    """Take images into the data set: pack them into a part, label them, track the part with DVC."""
    from winnow.pipeline import add as verb

    finish(verb.run(find_project(), source, label=label, strict=strict, track=track, migrate=migrate))


@app.command()
def relabel(
    target: Annotated[str | None, typer.Argument(metavar="IMAGE", help="An image's id or unique name.")] = None,
    label: Annotated[str | None, typer.Argument(help="Its new class.")] = None,
    *,
    folder: Annotated[
        str | None, typer.Option("--from", help="Class folders: moved files are relabels, new ones are added.")
    ] = None,
    remove_missing: Annotated[
        bool, typer.Option("--remove", help="With --from: images that are not in the folders leave the data set.")
    ] = False,
    track: Track = True,
) -> None:
    """Change an image's class, or take the folders that a person sorted images into as their classes."""
    from winnow.commands import relabel as verb

    if folder is not None and target is None and label is None:
        finish(verb.relabel_from(find_project(), folder, remove=remove_missing, track=track))
    if folder is None and target is not None and label is not None and not remove_missing:
        finish(verb.relabel(find_project(), target, label))
    raise UsageError("expected an image and its new class, or --from FOLDER", hint="winnow relabel IMAGE CLASS")


@app.command()
def remove(images: Annotated[list[str], typer.Argument(help="Ids or unique names.")]) -> None:
    """Take images out of the data set; their bytes stay in the parts."""
    from winnow.commands import remove as verb

    finish(verb.remove(find_project(), images))
