"""Recorded metrics: what can still be put side by side where there are no predictions."""

import json
import math
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from winnow.errors import WinnowError
from winnow.project import Project
from winnow.repository.dvc import load_yaml
from winnow.schema import stamp

Read = Callable[[Path], bytes | None]


def read_metrics(project: Project, read: Read) -> dict[str, float]:
    """Return the finite scalars of `reports/metrics.json`; without it, of the metrics files that `dvc.yaml` declares.

    `read` returns a file of the side in question, None when there is none. Keys of nested mappings are joined by dots.
    Where two files have a name, the first one's value counts; what cannot be read is left out.
    """
    own = _read_scalars(project.metrics, read)
    if own:
        return own
    found: dict[str, float] = {}
    for path in _declared(project, read):
        found = _read_scalars(path, read) | found
    return found


def _declared(project: Project, read: Read) -> Iterator[Path]:
    pipeline = _load(project.root / "dvc.yaml", read)
    stages = pipeline.get("stages")
    definitions = [stage.get("do", stage) for stage in _mappings(stages.values() if isinstance(stages, dict) else ())]
    for holder in (pipeline, *_mappings(definitions)):
        wdir = str(holder.get("wdir", "."))
        metrics = holder.get("metrics")
        for entry in metrics if isinstance(metrics, list) else []:
            # A path alone, or a path with its options.
            yield project.root / wdir / str(next(iter(entry), "") if isinstance(entry, dict) else entry)


def _mappings(values: Any) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)]


def _read_scalars(path: Path, read: Read) -> dict[str, float]:
    content = _load(path, read)
    spare = stamp({}) if stamp({}).keys() <= content.keys() else {}
    return {name: value for name, value in _flat(content, "") if name not in spare}


def _load(path: Path, read: Read) -> dict[str, Any]:
    try:
        content = read(path)
        if content is None:
            return {}
        if path.suffix == ".json":
            loaded = json.loads(content)
        else:
            loaded = tomllib.loads(content.decode()) if path.suffix == ".toml" else load_yaml(content, path.name)
    except (WinnowError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _flat(content: dict[str, Any], prefix: str) -> Iterator[tuple[str, float]]:
    for key, value in content.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            yield name, float(value)
