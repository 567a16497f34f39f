"""The learning curves of both sides, with at most as many points as a chart can show."""

import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal, cast

from winnow.errors import InputError
from winnow.logs import logger
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.reporting.curve_tables import Curve as Points
from winnow.reporting.curve_tables import read_curves
from winnow.repository.git import call_git, read_at, resolve
from winnow.repository.outputs import list_folder_at, read_recorded_object
from winnow.verdict.record.context import Curve

MAX_POINTS = 60

_METRICS = "plots/metrics"
_SERIES = ("train", "val", "")

Curves = dict[str, dict[str, Points]]


def find_curves(project: Project, commit: str) -> list[Curve] | NotAvailable:
    """Return the curves of the working tree beside those of `commit`, by metric and series.

    The base's come from DVC's cache or remote; where neither has them, its curves are empty and a warning says why.
    Not available without curves of the head.
    """
    try:
        head = read_curves(project.curves) if project.curves.is_dir() else _curves_at(project, resolve(project, "HEAD"))
    except (InputError, ValueError) as error:
        return NotAvailable(not_available=f"the learning curves in {_name(project)} cannot be read: {_reason(error)}")
    if not head:
        return NotAvailable(not_available=f"no learning curves in {_name(project)}")
    try:
        base = _curves_at(project, commit)
    except (InputError, ValueError) as error:
        logger.warning("no learning curves of the base: %s", _reason(error))
        base = {}
    return [
        _pair(metric, name, points, base.get(metric, {}).get(name, ([], [])))
        for metric, series in head.items()
        for name, points in series.items()
        if name in _SERIES
    ]


def _pair(metric: str, series: str, head: Points, base: Points) -> Curve:
    steps, values = _thin(head)
    base_steps, base_values = _thin(base)
    return Curve(
        metric=metric,
        series=cast("Literal['train', 'val', '']", series),
        steps=steps,
        head=values,
        base_steps=base_steps,
        base=base_values,
    )


def _thin(points: Points) -> Points:
    """Return at most MAX_POINTS finite points, evenly spread; the first and the last stay."""
    finite = [(step, value) for step, value in zip(*points, strict=True) if math.isfinite(step + value)]
    last = len(finite) - 1
    if last >= MAX_POINTS:
        finite = [finite[round(number * last / (MAX_POINTS - 1))] for number in range(MAX_POINTS)]
    return [step for step, _ in finite], [value for _, value in finite]


def _curves_at(project: Project, commit: str) -> Curves:
    """Return the curves of a commit, empty where it has none; InputError where neither cache nor remote has them."""
    with TemporaryDirectory() as folder:
        for name, content in _files_at(project, commit):
            path = Path(folder, *PurePosixPath(name).parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return read_curves(Path(folder))


def _files_at(project: Project, commit: str) -> Iterator[tuple[str, bytes]]:
    """Yield the tables of a commit's curves: path below the folder and content."""
    recorded = {name: md5 for name, md5 in list_folder_at(project, commit, project.curves).items() if _is_table(name)}
    for name, md5 in recorded.items():
        yield name, read_recorded_object(project.curves / name, md5, f"{name} of {commit[:12]}")
    if recorded:
        return
    listed = call_git(project, "ls-tree", "-r", "-z", "--name-only", commit, f"{_name(project)}/{_METRICS}/")
    for path in listed.stdout.decode("utf-8", "replace").split("\0"):
        name = path.removeprefix(f"{_name(project)}/")
        if path and _is_table(name) and (content := read_at(project, commit, project.root / path)):
            yield name, content


def _is_table(name: str) -> bool:
    # Names come from a listing that anybody may have written: nothing may lead out of the folder.
    parts = PurePosixPath(name).parts
    return name.startswith(f"{_METRICS}/") and name.endswith(".tsv") and ".." not in parts and "\\" not in name


def _name(project: Project) -> str:
    return project.curves.relative_to(project.root).as_posix()


def _reason(error: InputError | ValueError) -> str:
    return error.message if isinstance(error, InputError) else "a table holds something else than numbers"
