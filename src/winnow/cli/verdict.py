"""Commands that judge a model against another one."""

from pathlib import Path
from typing import Annotated

import typer

from winnow.cli.app import Json, app, finish_data
from winnow.errors import InputError
from winnow.project import Project, find_project

Predictions = Annotated[
    Path | None,
    typer.Option(
        "--predictions",
        metavar="PATH",
        help="Parquet or CSV with id, label and prob_<class> columns, on either side, in any Git or DVC repository. "
        "Default: reports/predictions.parquet.",
    ),
]


@app.command()
def report(
    *,
    base: Annotated[
        str, typer.Option("--base", metavar="REV", help="Judge against the commit at which HEAD and REV parted.")
    ] = "origin/main",
    predictions: Predictions = None,
    rescore: Annotated[
        bool,
        typer.Option("--rescore/--no-rescore", help="Ask the base's model about test images that are new since."),
    ] = True,
    waive: Annotated[
        list[str] | None, typer.Option("--waive", metavar="GATE=REASON", help="Waive a failed gate; needs --waived-by.")
    ] = None,
    waived_by: Annotated[str | None, typer.Option("--waived-by", metavar="NAME", help="Who answers for it.")] = None,
    link: Annotated[str | None, typer.Option("--link", metavar="URL", help="Where the full report will be.")] = None,
    as_json: Json = False,
) -> None:
    """Judge the model of this working tree: better, worse, equivalent, inconclusive or not comparable, and the gates.

    Writes reports/verdict.json, reports/report.md for a comment and reports/report.html with pictures. Exit code 0
    when every required gate passes, 1 when one does not.
    """
    from winnow.commands import report as verb
    from winnow.verdict.drawing_up import Question

    path = _absolute(predictions)
    waivers = verb.waivers_of_label(waive or [], waived_by)
    question = Question(base, path, rescore=rescore, waivers=waivers, link=link)
    finish_data(verb.report(_project(path), question), as_json=as_json)


@app.command()
def compare(
    names: Annotated[
        list[str], typer.Argument(metavar="A B...", help="Revisions or prediction files; all are compared with A.")
    ],
    *,
    predictions: Predictions = None,
    as_json: Json = False,
) -> None:
    """Compare models on the same test images: one table, with the tests and intervals of `winnow report`."""
    from winnow.commands import compare as verb

    path = _absolute(predictions)
    try:
        project = _project(path)
    except InputError:
        project = Project(Path.cwd())  # two files can be compared anywhere
    finish_data(verb.compare(project, names, path), as_json=as_json)


@app.command()
def noise(
    *,
    seeds: Annotated[int, typer.Option("--seeds", min=2, help="How many seeds to train.")] = 5,
    as_json: Json = False,
) -> None:
    """Train other seeds of this very model, and keep in reports/noise.json how much its metrics vary."""
    from winnow.commands import noise as verb

    finish_data(verb.noise(find_project(), num_seeds=seeds), as_json=as_json)


def _absolute(path: Path | None) -> Path | None:
    """Return where a file is; its folder may be named by a link, and the file itself may be one into DVC's cache."""
    return None if path is None else path.parent.resolve() / path.name


def _project(predictions: Path | None) -> Project:
    """Return the project here, or the repository that a prediction file lies in: it need not be winnow's."""
    from winnow.verdict.sides.reading import find_holder

    return find_project() if predictions is None else find_holder(predictions)
