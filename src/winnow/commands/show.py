"""`winnow show`: what the reports of this project say, on one screen."""

import csv
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.checks.report import disclosed
from winnow.config import read_params
from winnow.disclosure import read_disclosure
from winnow.errors import ExitCode, InputError
from winnow.files import read_json
from winnow.project import Project
from winnow.reporting.summary import Facts, render_summary

_WIDTH = (80, 100)
_STEPS = ("prepare", "train", "evaluate", "export")
_NEXT = (
    ("winnow predict IMAGE", "ask the model about a picture"),
    ("dvc plots show", "the same pictures, interactive"),
    ("edit params.yaml, then dvc repro", "only what it touches runs again"),
    ("dvc metrics diff", "what your change did"),
)
_FIRST = (("dvc repro", "train a model and judge it"),)
_HINT = "run `dvc repro`"


@dataclass(frozen=True)
class ShowResult:
    """A page of text."""

    facts: Facts
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return the page: coloured and as wide as the terminal, plain where there is none."""
        narrow, wide = _WIDTH
        width = min(wide, max(narrow, shutil.get_terminal_size((narrow, 0)).columns))
        return render_summary(self.facts, width=width, with_color=sys.stdout.isatty()).splitlines()

    def records(self) -> dict[str, Any]:
        """Return the numbers for `--json`."""
        return {"data": self.facts.data, "metrics": self.facts.metrics, "cost": self.facts.costs}


def show(project: Project) -> ShowResult:
    """Return what `data.json`, `metrics.json` and the files beside them say.

    What a step has not yet written is left out. Raises InputError where there is nothing at all.
    """
    metrics = _json(project.metrics)
    # What a looser level let the report hold is not shown under a stricter one.
    data = disclosed(report, read_disclosure(project)) if (report := _json(project.data_report)) else {}
    if not data and not metrics:
        raise InputError(f"expected {project.data_report} or {project.metrics}, found neither", hint=_HINT)
    params = read_params(project.params)
    name = params.get("project", {}).get("name", project.root.name)
    costs = {step: _json(project.cost(step)) for step in _STEPS}
    facts = Facts(
        title=f"{name} · {params.get('model', {}).get('name', '')}",
        data=data,
        metrics=metrics,
        per_class=_rows(project.per_class),
        confusion=_rows(project.confusion),
        costs={step: cost for step, cost in costs.items() if cost},
        figures=[path.relative_to(project.root).as_posix() for path in sorted(project.figures.glob("*.png"))],
        next_steps=_NEXT if metrics else _FIRST,
    )
    return ShowResult(facts)


def _json(path: Path) -> dict[str, Any]:
    return read_json(path, hint=_HINT) if path.is_file() else {}


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
