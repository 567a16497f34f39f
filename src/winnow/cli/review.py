"""Commands that compare revisions."""

from typing import Annotated, Literal

import typer

from winnow.cli.app import Json, app, finish, finish_data
from winnow.errors import UsageError
from winnow.project import find_project


@app.command()
def diff(
    revision: Annotated[str, typer.Argument(metavar="REV", help="A commit, branch or tag.")] = "HEAD",
    *,
    from_merge_base: Annotated[
        bool, typer.Option("--merge-base", help="Compare with the commit at which HEAD and REV parted.")
    ] = False,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a comment.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Write a local page with pictures, reports/diff.html.")] = False,
) -> None:
    """Show what changed in the data set since a revision; needs no images."""
    from winnow.commands import diff as verb

    if as_json + markdown + html > 1:
        raise UsageError("expected one of --json, --markdown and --html", hint="run it once for each")
    if html:
        typer.echo(str(verb.diff_page(find_project(), revision, from_merge_base=from_merge_base)))
        return
    result = verb.diff(find_project(), revision, from_merge_base=from_merge_base, as_markdown=markdown)
    finish_data(result, as_json=as_json)


@app.command()
def merge(
    branch: Annotated[
        str | None, typer.Argument(metavar="BASE", help="The branch that Git merges; default: whatever it is.")
    ] = None,
    *,
    prefer: Annotated[
        Literal["ours", "theirs"] | None,
        typer.Option("--prefer", help="Whose word counts where both sides changed the same cell or row."),
    ] = None,
) -> None:
    """After a Git conflict, settle labels, parts, dvc.lock and reports, and say what is left to do."""
    from winnow.commands import merge as verb

    finish(verb.merge(find_project(), branch, prefer=prefer))
