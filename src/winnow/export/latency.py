"""How long an answer takes, how long the first one takes, and how much memory that needs, each in its own process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from winnow.errors import MachineError

_PROGRAM = "from winnow.export.trial import main; main()"
_MS = 1000.0
_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Trial:
    """What is timed, and how thoroughly."""

    batch_sizes: Sequence[int]
    """Besides 1."""

    threads: int | None
    """Cores; None: all."""

    max_runs: int = 200
    max_s: float = 3.0
    """Of each batch size; ten runs are made, however long they take."""


def measure(path: Path, custom: Path, trial: Trial) -> dict[str, Any]:
    """Return the cost of asking the exported file, or the bundle's folder, at `path`.

    `batch_1` and `best_batch` (the one with the most images a second): `batch_size`, `p50_ms`, `p95_ms`, `p99_ms`,
    `images_per_s`, `num_runs`; besides, `cold_start_s` (process, imports, model and first answer), `peak_rss_bytes`
    after single images, `peak_rss_best_bytes` after all batches, and `bytes` on disk. Raises MachineError when the
    process fails.
    """
    sizes = sorted({1, *trial.batch_sizes})
    wanted: dict[str, Any] = {"path": str(path), "custom": str(custom), "batch_sizes": sizes, "threads": trial.threads}
    wanted |= {"max_runs": trial.max_runs, "max_s": trial.max_s, "started": time.time()}
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own code
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise MachineError(f"timing {path.name} failed: {said}", hint="is there enough memory for a second process?")
    return {**summarise(json.loads(done.stdout)), "bytes": _bytes(path)}


def measure_all(paths: Mapping[str, Path], custom: Path, trial: Trial) -> dict[str, Any]:
    """Return `measure` of each path, one after the other, and the latency of the last one: that is what is served."""
    runtimes = {name: measure(path, custom, trial) for name, path in paths.items()}
    last = runtimes[list(paths)[-1]]["batch_1"]
    percentiles = {f"latency_p{rank}_ms": last[f"p{rank}_ms"] for rank in _PERCENTILES}
    return {**percentiles, "threads": trial.threads or os.cpu_count(), "runtimes": runtimes}


def advice(runtimes: Mapping[str, Any]) -> str:
    """Return a sentence where int8 was measured and was not worth it here, else nothing."""
    if not {"fp32", "int8"} <= runtimes.keys():
        return ""
    floats, int8 = (runtimes[name]["best_batch"]["images_per_s"] for name in ("fp32", "int8"))
    if int8 > floats:
        return ""
    return (
        f"int8 is no faster than floats on this processor ({int8:,.0f} and {floats:,.0f} images/s): "
        "`export.int8: false` serves floats"
    )


def summarise(seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a process saw as percentiles and rates."""
    timed = [_percentiles(int(size), times) for size, times in seen["times_s"].items()]
    return {
        "batch_1": next(each for each in timed if each["batch_size"] == 1),
        "best_batch": max(timed, key=lambda each: float(each["images_per_s"])),
        "cold_start_s": round(seen["cold_start_s"], 3),
        "peak_rss_bytes": seen["peak_rss_bytes"],
        "peak_rss_best_bytes": seen["peak_rss_best_bytes"],
    }


def _percentiles(batch_size: int, times_s: Sequence[float]) -> dict[str, float]:
    values = np.percentile(times_s, _PERCENTILES) * _MS
    named = {f"p{rank}_ms": round(float(value), 3) for rank, value in zip(_PERCENTILES, values, strict=True)}
    rate = round(batch_size / float(np.median(times_s)), 1)
    return {"batch_size": batch_size, **named, "images_per_s": rate, "num_runs": len(times_s)}


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(each.stat().st_size for each in path.iterdir())
