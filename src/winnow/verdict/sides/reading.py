"""The two sides of a verdict, each from wherever its predictions are: this disk, Git, DVC's cache or the remote.

A side without predictions is still one when its metrics were recorded. Nothing here has to be a winnow project: a
prediction file in any Git or DVC repository is enough.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from winnow.changes.snapshot import DEALT, Snapshot, at_commit, working_tree
from winnow.errors import InputError, UsageError, WinnowError
from winnow.evaluation.predictions import Predictions
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.repository.git import call_git, git_root, merge_base, resolve
from winnow.repository.outputs import Output, read_output, read_output_at
from winnow.verdict.record.context import Side
from winnow.verdict.sides.contender import Contender, Rows
from winnow.verdict.sides.fallback import read_metrics
from winnow.verdict.sides.stored import SUFFIXES, load_predictions, parse_predictions

Source = Literal["working tree", "git", "dvc", "file", "metrics only", "not readable", "none"]

WORKING_TREE = "the working tree"

_UNSHALLOW = "git fetch --unshallow origin brings the history (in a workflow: fetch-depth: 0)"


def find_holder(predictions: Path) -> Project:
    """Return the project that a prediction file belongs to, winnow's or not.

    That is the nearest folder above it with a pipeline or params, else its Git repository. Raises InputError when it
    lies in none.
    """
    folder = predictions.parent.resolve()
    for here in (folder, *folder.parents):
        if any((here / name).exists() for name in ("params.yaml", "dvc.yaml", ".git")):
            return Project(here)
    raise InputError(f"{predictions} lies in no Git repository", hint="compare two files: winnow compare A B")


def read_working_tree(project: Project, predictions: Path | None = None) -> Contender:
    """Return the model of the working tree, from `reports/predictions.parquet` or another prediction file.

    One that is not on this disk comes from DVC. Raises InputError when there is none or it cannot be read: without its
    own model a pull request cannot be judged.
    """
    path = predictions or project.predictions
    name = _shown(project, path)
    found = None if path.is_file() else read_output(project, path)
    if found is not None:
        scores = parse_predictions(found.content, name, path.suffix)
    elif path.is_file():
        scores = load_predictions(path)
    else:
        hint = "name another file" if predictions else "`dvc repro evaluate` writes it, `dvc pull` brings it"
        raise InputError(f"expected {name}, found nothing", hint=hint)
    here: Source = "file" if predictions else "working tree"
    return Contender(
        side=Side(name=WORKING_TREE, commit=None, source=here if found is None else "dvc"),
        predictions=scores,
        rows=_rows(partial(working_tree, project)),
        metrics=read_metrics(project, lambda file: _content(read_output(project, file))),
    )


def read_revision(
    project: Project, revision: str, predictions: Path | None = None, *, from_merge_base: bool = False
) -> Contender:
    """Return the model of a revision, or of the commit at which HEAD and the revision parted.

    Predictions that cannot be had (none there, not in the remote, not readable) are replaced by the reason. Raises
    UsageError for a revision that does not exist or, for a merge base, shares no history with HEAD.
    """
    commit = find_commit(project, revision, from_merge_base=from_merge_base)
    path = predictions or project.predictions
    scores, source = _stored(project, revision, commit, path)
    metrics = read_metrics(project, lambda file: _content(read_output_at(project, commit, file)))
    if isinstance(scores, NotAvailable) and metrics:
        source = "metrics only"
    return Contender(
        side=Side(name=revision, commit=commit, source=source),
        predictions=scores,
        rows=_rows(partial(at_commit, project, revision, commit)),
        metrics=metrics,
    )


def read_file(path: Path) -> Contender:
    """Return the model behind a prediction file. Raises InputError when it is absent or cannot be read."""
    if not path.is_file():
        raise InputError(f"expected the prediction file {path}, found nothing", hint="name a file, or a revision")
    side = Side(name=path.as_posix(), commit=None, source="file")
    return Contender(side, load_predictions(path), NotAvailable(not_available="a file does not tell"))


def read_named(project: Project, name: str, predictions: Path | None = None) -> Contender:
    """Return the model behind what a person named: a prediction file that exists, else a revision; errors as theirs."""
    path = Path(name)
    if path.suffix.lower() not in SUFFIXES:
        return read_revision(project, name, predictions)
    return read_file(path)


def find_commit(project: Project, revision: str, *, from_merge_base: bool) -> str:
    """Return the commit that `revision` names, or at which HEAD and it parted.

    Raises UsageError when there is none, with what to fetch in a clone whose history is cut off.
    """
    git_root(project)
    try:
        return merge_base(project, revision) if from_merge_base else resolve(project, revision)
    except UsageError as error:
        is_cut_off = call_git(project, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        if is_cut_off:
            message, hint = f"{error.message}; this clone is shallow", _UNSHALLOW
        else:
            message, hint = error.message, "`git branch --all` lists what there is, `git fetch` brings what is new"
        raise UsageError(message, hint=hint) from None


def _stored(project: Project, name: str, commit: str, path: Path) -> tuple[Predictions | NotAvailable, Source]:
    shown = f"{_shown(project, path)} of {name} ({commit[:12]})"
    try:
        found = read_output_at(project, commit, path)
        if found is None:
            return NotAvailable(not_available=f"neither Git nor DVC has {shown}"), "none"
        scores = parse_predictions(found.content, shown, path.suffix)
    except WinnowError as error:
        return NotAvailable(not_available=error.message), "not readable"
    return scores, "git" if found.source == "git" else "dvc"


def _rows(read: Callable[[], Snapshot]) -> Rows:
    try:
        snapshot = read()
    except WinnowError as error:
        return NotAvailable(not_available=error.message)
    if snapshot.data is None:
        return NotAvailable(not_available=f"{snapshot.name} has no labels")
    return snapshot.rows.select(["id", "label", DEALT])


def _shown(project: Project, path: Path) -> str:
    inside = path.is_relative_to(project.root)
    return (path.relative_to(project.root) if inside else path).as_posix()


def _content(output: Output | None) -> bytes | None:
    return None if output is None else output.content
