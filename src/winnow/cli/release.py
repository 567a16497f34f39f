"""Commands between a tag and a service: what the workflow `registry` calls, and people too."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from winnow.cli.app import Json, app, finish, finish_data
from winnow.cli.loop import verify
from winnow.project import Project

Stage = Literal["staging", "production"]
Model = Annotated[str, typer.Argument(metavar="NAME@VERSION", help="Such as classifier@v1.2.0.")]
To = Annotated[Stage, typer.Option("--to", help="The stage that it is to go to.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: .winnow/release/verification.json.")]

release = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(release, name="release")


@release.callback()
def releasing() -> None:
    """Take a registered model towards a service, as the workflow `registry` does."""


@release.command()
def request() -> None:
    """Read the event of a workflow's run, and say which model is to go where: `.winnow/release/request.json`.

    Exit code 2 for an event that asks for something that cannot be.
    """
    from winnow.commands import release_request as verb

    finish(verb.request_release(Project(Path.cwd())))


@release.command()
def forward() -> None:
    """Hand what a pushed tag asks for to a run of the default branch, as its form `workflow_dispatch` would ask for it.

    Exit code 3 when GitHub starts no run.
    """
    from winnow.commands import release_forward as verb

    finish(verb.forward_release(Project(Path.cwd())))


@release.command()
def tell() -> None:
    """Say on the pull request that brought the model what became of its release, from NEEDS and `.winnow/release/`.

    Exit code 3 when the comment could not be posted.
    """
    from winnow.commands import release_tell as verb

    finish(verb.tell_release(Project(Path.cwd())))


@verify.command()
def model(name: Model, *, to: To, out: Out = None, as_json: Json = False) -> None:
    """Verify a registered model: hash, load, score the test images again, time it, and draw up all evidence anew.

    Exit code 1 when anything speaks against it; what, stands in the file in either case.
    """
    from winnow.commands import verify_model as verb

    finish_data(verb.verify_model(Project(Path.cwd()), name, to, out=out), as_json=as_json)


@verify.command()
def vault(name: Model, *, to: To, out: Out = None, as_json: Json = False) -> None:
    """Let a model that was verified look at the images of the vault: once a version, noted on the Git remote.

    Exit code 1 when it does worse there than in the test, was not verified, or has taken its look without a result.
    """
    from winnow.commands import verify_model as verb

    finish_data(verb.verify_vault(Project(Path.cwd()), name, to, out=out), as_json=as_json)
