"""What either model cost to make, and what it costs to keep and to ask."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from winnow.errors import InputError
from winnow.models.bundle import WEIGHTS
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.repository.outputs import Output, read_output, read_output_at
from winnow.verdict.causes.lock_file import LOCK, Lock, parse_lock
from winnow.verdict.causes.sources import Read, read_base, read_head
from winnow.verdict.causes.weights import cached_file, count_parameters
from winnow.verdict.record.context import Amount, Cost, StepCost

STEPS = ("prepare", "train", "evaluate", "export")

_LIMIT = float(2**63)
_ONNX = "models/onnx"
_LATENCY = "latency.json"

Fetch = Callable[[Path], Output | None]


def find_cost(project: Project, commit: str) -> Cost | NotAvailable:
    """Compare what `commit` and the working tree say of their cost; amounts that neither knows are left out."""
    base, head = read_base(project, commit), read_head(project)
    steps = [cost for step in STEPS if (cost := _compare_step(project, step, base, head))]
    amounts = _amounts(project, commit, base, head)
    if not steps and not amounts:
        return NotAvailable(not_available="neither side has reports/cost/ or a model that DVC recorded")
    return Cost(steps=steps, amounts=amounts)


def _compare_step(project: Project, step: str, base: Read, head: Read) -> StepCost | None:
    before, after = (_parse(read(project.cost(step))) for read in (base, head))
    if not before and not after:
        return None
    return StepCost(
        step=step,
        base_s=_number(before, "wall_s"),
        head_s=_number(after, "wall_s"),
        base_peak_bytes=_count(before, "peak_rss_bytes"),
        head_peak_bytes=_count(after, "peak_rss_bytes"),
        base_device=_text(before, "device"),
        head_device=_text(after, "device"),
    )


def _amounts(project: Project, commit: str, base: Read, head: Read) -> list[Amount]:
    lock_base, lock_head = _lock(project, base), _lock(project, head)
    bytes_head = _model_bytes(project, lock_head) or _bytes_on_disk(project.bundle)
    latency_base = _latency(project, lock_base, base, partial(read_output_at, project, commit))
    latency_head = _latency(project, lock_head, head, partial(read_output, project))
    found = [
        Amount(name="model_bytes", base=_model_bytes(project, lock_base), head=bytes_head),
        Amount(name="num_parameters", base=_base_parameters(project, lock_base), head=_head_parameters(project)),
        Amount(name="latency_p50_ms", base=_of(latency_base, "p50_ms"), head=_of(latency_head, "p50_ms")),
        Amount(name="latency_p95_ms", base=_of(latency_base, "p95_ms"), head=_of(latency_head, "p95_ms")),
    ]
    return [amount for amount in found if amount.base is not None or amount.head is not None]


def _lock(project: Project, read: Read) -> Lock:
    try:
        return parse_lock(read(project.root / LOCK), "a side")
    except InputError:
        return Lock()


def _model_bytes(project: Project, lock: Lock) -> int | None:
    """Return the bytes of the bundle as `dvc.lock` records them: of its folder, or of the weights alone."""
    paths = (project.bundle, project.bundle / WEIGHTS)
    found = (lock.outs.get(path.relative_to(project.root).as_posix()) for path in paths)
    return next((out.size for out in found if out is not None), None)


def _bytes_on_disk(folder: Path) -> int | None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files) if files else None


def _head_parameters(project: Project) -> int | None:
    return count_parameters(project.bundle / WEIGHTS)


def _base_parameters(project: Project, lock: Lock) -> int | None:
    """Return the base's parameters where its weights lie in this machine's cache; nothing is downloaded for a count."""
    folder = lock.outs.get(project.bundle.relative_to(project.root).as_posix())
    listing = cached_file(project, folder.hash) if folder else None
    try:
        files = {entry["relpath"]: entry["md5"] for entry in json.loads(listing.read_bytes())} if listing else {}
    except (ValueError, KeyError, TypeError):
        return None
    path = cached_file(project, str(files.get(WEIGHTS, "")))
    return count_parameters(path) if path else None


def _latency(project: Project, lock: Lock, read: Read, fetch: Fetch) -> Mapping[str, Any]:
    """Return what the export measured: in Git beside the other costs, or with the exported model."""
    if measured := _parse(read(project.cost("export"))):
        return measured
    if not any(path == _ONNX or path.startswith(f"{_ONNX}/") for path in lock.outs):
        return {}
    try:
        found = fetch(project.root / _ONNX / _LATENCY)
    except InputError:
        return {}
    return _parse(found.content if found else None)


def _of(latency: Mapping[str, Any], key: str) -> float | None:
    named = _number(latency, f"latency_{key}")
    return _number(latency, key) if named is None else named


def _parse(content: bytes | None) -> dict[str, Any]:
    """Return a JSON object; empty for anything else: a cost that cannot be read stops no verdict."""
    try:
        loaded = json.loads(content or b"{}", parse_constant=lambda _name: None)
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _number(content: Mapping[str, Any], key: str) -> float | None:
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _LIMIT else None


def _count(content: Mapping[str, Any], key: str) -> int | None:
    value = _number(content, key)
    return int(value) if value is not None and value >= 0 else None


def _text(content: Mapping[str, Any], key: str) -> str | None:
    value = content.get(key)
    return value if isinstance(value, str) else None
