"""The command line: reads arguments, calls one verb, prints what it returns, and exits with a documented code.

Verbs are imported inside the commands: `winnow --help` must not pay for torch, and `winnow add` must not need it.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol

import typer

from winnow import __version__
from winnow.errors import ExitCode, UsageError, WinnowError
from winnow.logs import configure_logging
from winnow.project import find_project

app = typer.Typer(
    help="Run an image classifier's whole life by pull request.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
images_app = typer.Typer(rich_markup_mode=None)
app.add_typer(images_app, name="images")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Track = Annotated[bool, typer.Option("--track/--no-track", help="Track new parts with DVC.")]


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


def _finish(result: Result) -> NoReturn:
    for line in result.lines():
        typer.echo(line)
    raise typer.Exit(result.exit_code)


def _finish_data(result: DataResult, *, as_json: bool) -> NoReturn:
    if not as_json:
        _finish(result)
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

    _finish(verb.run(find_project(), source, label=label, strict=strict, track=track, migrate=migrate))


@app.command()
def prepare() -> None:
    """Check the data set, deal it to splits, and turn images into pixels (DVC stage)."""
    from winnow.pipeline import prepare as verb

    verb.run(find_project())


@app.command()
def train() -> None:
    """Train the model and write its bundle; go on where a killed run stopped (DVC stage)."""
    from winnow.pipeline import train as verb

    verb.run(find_project())


@app.command()
def evaluate() -> None:
    """Predict the validation and test images and judge the predictions (DVC stage)."""
    from winnow.pipeline import evaluate as verb

    verb.run(find_project())


@app.command()
def show(*, as_json: Json = False) -> None:
    """Show what the reports say: data, metrics with their intervals, where the pictures are."""
    from winnow.commands import show as verb

    _finish_data(verb.show(find_project()), as_json=as_json)


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

    _finish_data(verb.predict(find_project(), images, top=top, bundle=bundle), as_json=as_json)


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
        _finish(verb.relabel_from(find_project(), folder, remove=remove_missing, track=track))
    if folder is None and target is not None and label is not None and not remove_missing:
        _finish(verb.relabel(find_project(), target, label))
    raise UsageError("expected an image and its new class, or --from FOLDER", hint="winnow relabel IMAGE CLASS")


@app.command()
def remove(images: Annotated[list[str], typer.Argument(help="Ids or unique names.")]) -> None:
    """Take images out of the data set; their bytes stay in the parts."""
    from winnow.commands import remove as verb

    _finish(verb.remove(find_project(), images))


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

    _finish_data(verb.list_images(find_project(), label=label, split=split), as_json=as_json)


@images_app.command()
def export(folder: Annotated[Path, typer.Argument(help="Where the class folders go.")]) -> None:
    """Write the images into a folder per class; never overwrite a file that differs."""
    from winnow.commands import images as verb

    _finish(verb.export(find_project(), folder))


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
