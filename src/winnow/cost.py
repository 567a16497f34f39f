"""What a step cost: seconds, peak memory, device. Kept beside the outputs, never inside them: it never repeats."""

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from winnow.files import write_json
from winnow.project import Project


def peak_rss_bytes() -> int | None:
    """Return the largest resident set of this process so far, in bytes; None on Windows."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@contextmanager
def measured(project: Project, step: str) -> Iterator[dict[str, Any]]:
    """Write `reports/cost/<step>.json` when the block ends well; the block may add entries to the yielded dict."""
    entries: dict[str, Any] = {}
    start = time.perf_counter()
    yield entries
    measured_here = {
        "step": step,
        "wall_s": round(time.perf_counter() - start, 2),
        "peak_rss_bytes": peak_rss_bytes(),
        "cpu_count": os.cpu_count(),
        "system": platform.system(),
    }
    write_json(project.cost(step), {**measured_here, **entries})
