"""The served file's size and latency on this machine, against the budgets of `gate:`.

A machine of a CI service is slow one minute and fast the next. Noise only makes an answer slower, so a budget is missed
when the best of three trials misses it; and what was recorded at export stands beside it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from winnow.attestation import FileSum
from winnow.export.config import ExportConfig
from winnow.export.latency import Trial, measure
from winnow.gate_config import GateConfig
from winnow.release.record import Check, Timing

_TRIALS = 3
_SHORT_S, _FULL_S = 1.0, 3.0
_SLOWER = 2.0
_LATENCIES = {"latency_p50_ms": "p50_ms", "latency_p95_ms": "p95_ms"}


def limits_of(gate: GateConfig) -> dict[str, float]:
    """Return the strictest required budget of each name."""
    limits: dict[str, float] = {}
    for budget in gate.budgets:
        if budget.level == "required":
            limits[budget.name] = min(budget.limit, limits.get(budget.name, budget.limit))
    return limits


def time_served(
    path: Path, custom: Path, config: ExportConfig, limits: Mapping[str, float], recorded: Mapping[str, Any]
) -> Timing:
    """Return the best of as many trials as it takes to keep the budgets, at most three; one where there is none."""
    wanted = {key: limits[name] for name, key in _LATENCIES.items() if name in limits}
    trial = Trial(batch_sizes=(), threads=config.threads, max_s=_FULL_S if wanted else _SHORT_S)
    best: dict[str, float] = {}
    num_trials = 0
    while num_trials < (_TRIALS if wanted else 1):
        num_trials += 1
        seen = measure(path, custom, trial)["batch_1"]
        best = {key: min(seen[key], best.get(key, seen[key])) for key in _LATENCIES.values()}
        if all(best[key] <= limit for key, limit in wanted.items()):
            break
    return Timing(
        p50_ms=best["p50_ms"],
        p95_ms=best["p95_ms"],
        num_trials=num_trials,
        recorded_p50_ms=_number(recorded.get("latency_p50_ms")),
        recorded_p95_ms=_number(recorded.get("latency_p95_ms")),
    )


def judge_latency(timing: Timing, limits: Mapping[str, float]) -> Check:
    """Return whether single images are answered within the budgets."""
    missed = []
    for name, key in _LATENCIES.items():
        limit, value = limits.get(name), getattr(timing, key)
        if limit is not None and value > limit:
            missed.append(f"{name} {value:.4g} ms, the limit is {limit:g}")
    told = f"p95 {timing.p95_ms:.4g} ms on this machine"
    if timing.num_trials > 1:
        told += f" in the best of {timing.num_trials} trials"
    if timing.recorded_p95_ms is not None:
        told += f", {timing.recorded_p95_ms:.4g} ms where it was exported"
        if timing.p95_ms > _SLOWER * timing.recorded_p95_ms:
            told += ": this machine is slower, or busy"
    return Check(id="latency", result="fail" if missed else "pass", note="; ".join([*missed, told]))


def judge_size(files: Mapping[str, FileSum], limits: Mapping[str, float]) -> Iterator[Check]:
    """Yield whether the bundle, by its own bytes, is within the budget of `model_bytes`, where there is one."""
    limit = limits.get("model_bytes")
    if limit is None:
        return
    size = sum(each.num_bytes for name, each in files.items() if name.startswith("bundle/"))
    note = f"the bundle has {size:,} bytes, the limit is {limit:,.0f}"
    yield Check(id="size", result="fail" if size > limit else "pass", note=note)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
