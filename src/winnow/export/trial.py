"""One model, timed in a process of its own, so that its start and its memory are its own.

`latency.py` starts it. It imports torch only for a bundle: an exported file is measured as a service would run it.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.cost import peak_rss_bytes

Answer = Callable[[NDArray[np.uint8]], object]

_WARM_UP = 3
_LEAST_RUNS = 10


def main() -> None:
    """Read what to time as JSON from standard input, and print what was seen as JSON."""
    wanted = json.load(sys.stdin)
    answer, shape = _load(wanted)
    drawn = np.random.default_rng(0).integers(0, 256, (max(wanted["batch_sizes"]), *shape), dtype=np.uint8)
    answer(drawn[:1])
    # Since the parent asked for this process: Python, imports, the model and a first answer.
    seen: dict[str, Any] = {"cold_start_s": time.time() - wanted["started"], "times_s": {}}
    for size in wanted["batch_sizes"]:
        seen["times_s"][str(size)] = _time(answer, drawn[:size], wanted["max_runs"], wanted["max_s"])
        # After batches of one image this is what a service needs.
        seen.setdefault("peak_rss_bytes", peak_rss_bytes())
    json.dump({**seen, "peak_rss_best_bytes": peak_rss_bytes()}, sys.stdout)


def _load(wanted: dict[str, Any]) -> tuple[Answer, tuple[int, int, int]]:
    path = Path(wanted["path"])
    if path.is_file():
        from winnow.runtime import Runtime

        runtime = Runtime.load(path, num_threads=wanted["threads"])
        return runtime.outputs, (runtime.spec.size, runtime.spec.size, runtime.spec.channels)
    return _load_bundle(path, Path(wanted["custom"]), wanted["threads"])


def _load_bundle(path: Path, custom: Path, threads: int | None) -> tuple[Answer, tuple[int, int, int]]:
    import torch

    from winnow.models import placement, store
    from winnow.transforms.normalize import Normalize

    placement.make_deterministic(threads)
    meta, model = store.load(path, custom)
    model = placement.place(model, torch.device("cpu"))
    normalize = Normalize(meta.mean, meta.std)

    @torch.inference_mode()
    def answer(pixels: NDArray[np.uint8]) -> object:
        return model(normalize(torch.from_numpy(pixels)))

    return answer, (meta.spec.size, meta.spec.size, meta.spec.channels)


def _time(answer: Answer, pixels: NDArray[np.uint8], max_runs: int, max_s: float) -> list[float]:
    """Return the seconds of each run: `max_runs`, fewer where they take longer than `max_s` together."""
    for _ in range(min(_WARM_UP, max_runs)):
        answer(pixels)
    times: list[float] = []
    while len(times) < max_runs and (len(times) < _LEAST_RUNS or sum(times) < max_s):
        start = time.perf_counter()
        answer(pixels)
        times.append(time.perf_counter() - start)
    return times
