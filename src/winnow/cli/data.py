"""Commands that change the data set."""

import sys
from enum import Enum
from typing import Annotated

import typer

from winnow.cli.app import app, finish
from winnow.errors import UsageError
from winnow.project import find_project


class Keeper(Enum):
    """What may track the labels."""

    git = "git"
    dvc = "dvc"


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
    pseudonymous: Annotated[
        bool, typer.Option("--pseudonymous", help="Keep no names, and keyed hashes for groups (docs/privacy.md).")
    ] = False,
    strip_metadata: Annotated[
        bool, typer.Option("--strip-metadata", help="Remove EXIF, GPS, comments and thumbnails from the images.")
    ] = False,
) -> None:
    """Take images into the data set: pack them into a part, label them, track the part with DVC."""
    from winnow.ingest.privacy import Withheld
    from winnow.pipeline import add as verb

    withheld = Withheld(pseudonymous=pseudonymous, strip_metadata=strip_metadata)
    result = verb.run(
        find_project(), source, label=label, strict=strict, track=track, migrate=migrate, withheld=withheld
    )
    finish(result)


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


@app.command()
def labels(keeper: Annotated[Keeper, typer.Argument(help="What tracks data/labels.csv from now on.")]) -> None:
    """Let Git or DVC track the labels: Git for reviewable diffs, DVC for private or huge sets."""
    from winnow.commands import labels as verb

    finish(verb.track_by(find_project(), "dvc" if keeper is Keeper.dvc else "git"))


@app.command()
def compact(*, track: Track = True) -> None:
    """Fold small parts and parts with removed images into full ones; ids, labels and splits do not change."""
    from winnow.commands import compact as verb

    finish(verb.compact(find_project(), track=track))


@app.command()
def erase(
    images: Annotated[list[str] | None, typer.Argument(metavar="[IMAGE]...", help="Ids or unique names.")] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase images for good: from the parts, from DVC's cache and remotes; without IMAGE, finish what is left to do."""
    from winnow.commands import erase as verb

    finish(verb.erase(find_project(), images or [], agree=lambda lines: yes or _confirm(lines)))


def _confirm(lines: list[str]) -> bool:
    """Ask a person; where nobody can answer, the answer is no."""
    for line in lines:
        typer.echo(line, err=True)
    return sys.stdin.isatty() and typer.confirm("Erase for good? Nothing brings them back.", err=True)
