import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from winnow.export import trial


def wanted(path: Path, **changes: Any) -> str:
    content = {"path": str(path), "custom": "", "batch_sizes": [1, 3], "threads": 1, "max_runs": 4, "max_s": 60}
    return json.dumps({**content, "started": time.time(), **changes})


def test_runs_end_at_their_number_or_when_time_is_up() -> None:
    def answer(_pixels: object) -> None:
        time.sleep(0.002)

    pixels = np.zeros((1, 1, 1, 1), dtype=np.uint8)
    assert len(trial._time(answer, pixels, max_runs=20, max_s=60)) == 20
    assert len(trial._time(answer, pixels, max_runs=200, max_s=0)) == 10


@pytest.mark.slow
@pytest.mark.parametrize("place", ["file", "bundle"])
def test_it_prints_what_it_saw(
    place: str, small: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content = wanted(getattr(small, place), custom=str(small.custom))
    monkeypatch.setattr(sys, "stdin", io.StringIO(content))
    trial.main()
    seen = json.loads(capsys.readouterr().out)
    assert {size: len(times) for size, times in seen["times_s"].items()} == {"1": 4, "3": 4}
    assert seen["cold_start_s"] > 0


@pytest.mark.slow
def test_an_exported_file_is_timed_without_torch(small: Any) -> None:
    program = "import sys; sys.modules['torch'] = None; from winnow.export.trial import main; main()"
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, input=wanted(small.file), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["peak_rss_best_bytes"] > 0
