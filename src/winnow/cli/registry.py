"""Commands of the registry: versions and stages of the model."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from winnow.cli.app import Json, app, finish_data
from winnow.project import Project, find_project

Part = Literal["major", "minor", "patch"]
Stage = Literal["staging", "production"]
Reason = Annotated[
    str | None,
    typer.Option("--override", metavar="REASON", help="Go on although something speaks against it; kept in the tag."),
]
Push = Annotated[bool, typer.Option("--push", help="Push the new tag, and nothing else, to the Git remote.")]


@app.command()
def register(
    *,
    bump: Annotated[Part, typer.Option("--bump", help="Which part of the version number rises.")] = "patch",
    override: Reason = None,
    push: Push = False,
    as_json: Json = False,
) -> None:
    """Give the model of this commit a version: a Git tag that holds the evidence and the checksums of its files.

    Exit code 1 when a gate failed, the work tree is not clean, dvc.lock is not current or the remote lacks the model.
    """
    from winnow.commands import register as verb

    finish_data(verb.register(find_project(), bump=bump, override=override, push=push), as_json=as_json)


@app.command()
def promote(
    version: Annotated[str | None, typer.Argument(help="Such as v1.2.0, or NAME@v1.2.0. Default: the latest.")] = None,
    *,
    to: Annotated[Stage, typer.Option("--to", help="Where it goes.")],
    override: Reason = None,
    verified: Annotated[
        Path | None,
        typer.Option("--verified", metavar="FILE", help="Only what `winnow verify model` has found nothing against."),
    ] = None,
    push: Push = False,
    as_json: Json = False,
) -> None:
    """Put a registered version into a stage, when the evidence, drawn up anew, allows it and its card has no gaps."""
    from winnow.commands import promote as verb

    # A full name finds its project from anywhere in the repository.
    near = Project(Path.cwd()) if version and "@" in version else find_project()
    written = verb.promote(near, version, to, override=override, push=push, verified=verified)
    finish_data(written, as_json=as_json)


@app.command()
def rollback(
    version: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help="Or NAME@VERSION: only while that is in the stage.")
    ] = None,
    *,
    to: Annotated[Stage, typer.Option("--to", help="The stage that goes back.")] = "production",
    or_empty: Annotated[bool, typer.Option("--or-empty", help="Where nothing was there before: to nothing.")] = False,
    push: Push = False,
    as_json: Json = False,
) -> None:
    """Put the version back that was in a stage before: a new tag, no old one is moved."""
    from winnow.commands import rollback as verb

    near = Project(Path.cwd()) if version and "@" in version else find_project()
    finish_data(verb.rollback(near, version, to, or_empty=or_empty, push=push), as_json=as_json)


@app.command()
def models(*, as_json: Json = False) -> None:
    """List the versions of the model: stage, metric, verdict against production, size, latency, age."""
    from winnow.commands import models as verb

    finish_data(verb.list_models(find_project()), as_json=as_json)


@app.command("pull-model")
def pull_model(
    name: Annotated[str, typer.Argument(metavar="NAME[@VERSION|#STAGE]", help="Alone: the latest. Quote a #.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Default: .winnow/models/NAME-VERSION.")
    ] = None,
    repository: Annotated[
        str | None, typer.Option("--repo", metavar="REPO", help="Another clone's folder, or a Git address.")
    ] = None,
    require_signature: Annotated[
        bool, typer.Option("--require-signature", help="Refuse tags that nobody trusted here has signed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fetch the files of a registered model by its tag, through DVC, and check them against its record."""
    from winnow.commands import pull_model as verb

    result = verb.pull_model(name, out=out, repository=repository, require_signature=require_signature)
    finish_data(result, as_json=as_json)


@app.command()
def card(*, as_json: Json = False) -> None:
    """Write the model card, reports/card.md and card.json. Exit code 1 while card.yaml has gaps."""
    from winnow.commands import card as verb

    finish_data(verb.card(find_project()), as_json=as_json)
