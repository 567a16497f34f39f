"""What a step cost: seconds, peak memory, device. Kept beside the outputs, never inside them: it never repeats."""

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from winnow.files import write_json
from winnow.project import Project


def peak_rss_bytes() -> int | None:
    """Return the largest resident set of this process so far, in bytes; None where the system does not tell."""
    if sys.platform == "linux":
        # Not getrusage: its maximum survives exec, so that a step would be charged for the process that started it.
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None


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
