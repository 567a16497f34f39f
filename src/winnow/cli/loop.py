"""Commands of the pull-request loop: what workflows call, and people too."""

from pathlib import Path
from typing import Annotated

import typer

from winnow.cli.app import Json, app, finish, finish_data
from winnow.project import Project

Base = Annotated[
    str, typer.Option("--base", metavar="REV", help="The change begins at the commit at which HEAD and REV parted.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="An empty folder for what is handed over.")]
Folders = Annotated[
    list[Path] | None, typer.Argument(metavar="FOLDER...", help="Projects. Default: all of the repository.")
]

pr = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(pr, name="pr")


@pr.callback()
def pull_request() -> None:
    """Work on a pull request, as the workflows do."""


@pr.command()
def post(
    *,
    run: Annotated[
        int | None, typer.Option("--run", metavar="ID", help="A run of data or pipeline. Default: the event's.")
    ] = None,
) -> None:
    """Tell the pull request what its runs came to: one comment a project, the check `winnow`, the job summary.

    Exit code 1 when a handover was refused, 3 when something could not be posted.
    """
    from winnow.commands import post as verb

    finish(verb.post(Project(Path.cwd()), run))


@pr.command()
def pipeline(
    *,
    base: Base = "origin/main",
    out: Out,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Run the flow on embedded digits only, and judge what the commit holds.")
    ] = False,
) -> None:
    """Rebuild and judge every project that the change touches, and hand over verdict, records and objects.

    Needs no right to write anywhere. Exit code 1 when a stage failed; a gate that says no is told in the verdict.
    """
    from winnow.commands import pr_pipeline as verb

    finish(verb.pr_pipeline(base, out, is_smoke=smoke))


@pr.command(name="data")
def pull_request_data(*, base: Base = "origin/main", out: Out) -> None:
    """Check and compare the data of every project that the change touches, without downloading an image."""
    from winnow.commands import pr_data as verb

    finish(verb.pr_data(base, out))


@pr.command()
def store(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the handed-over objects were unpacked.")],
) -> None:
    """Push handed-over objects to the remote of this checkout, after every one was found to be what a lock names.

    Exit code 1, and nothing is pushed, when anything else was handed over.
    """
    from winnow.commands import pr_store as verb

    finish(verb.pr_store(folder))


@app.command()
def accept(
    number: Annotated[
        int | None, typer.Argument(metavar="PULL", help="Its number. Default, in a workflow: what the event asks.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, and write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Commit the model that a pull request's own run trained: one commit on its branch, and no second training.

    Exit code 1, and nothing is committed, when anything speaks against it.
    """
    from winnow.commands import accept as verb

    finish_data(verb.accept(number, is_dry=dry_run), as_json=as_json)


verify = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(verify, name="verify")


@verify.callback()
def verification() -> None:
    """Say whether a commit keeps what it promises to whoever clones it."""


@verify.command()
def lock(
    folders: Folders = None,
    *,
    base: Annotated[
        str | None, typer.Option("--base", metavar="REV", help="Look for parts lost since REV was left.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether dvc.lock is current and images.dvc still names every part; run nothing, fetch no data.

    Exit code 1 when a stage would run or a part is lost, 2 when DVC cannot read the pipeline.
    """
    from winnow.commands import verify as verb

    finish_data(verb.verify_lock(folders or [], base), as_json=as_json)


@verify.command(name="remote")
def stored(folders: Folders = None, *, as_json: Json = False) -> None:
    """Say what the remote lacks of all that dvc.lock and .dvc files name. Without a remote nothing is promised.

    Exit code 1 when something is missing, 2 when the remote cannot be asked.
    """
    from winnow.commands import verify as verb

    finish_data(verb.verify_remote(folders or []), as_json=as_json)
