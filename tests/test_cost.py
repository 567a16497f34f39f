"""What a step cost is written beside its outputs."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from winnow import cost
from winnow.files import read_json
from winnow.project import Project


def read_cost(project: Project, step: str) -> dict[str, object]:
    return read_json(project.cost(step), hint="")


def test_a_step_leaves_its_seconds_and_what_it_adds(tmp_path: Path) -> None:
    project = Project(tmp_path)
    with cost.measured(project, "prepare") as entries:
        entries["num_decoded"] = 10
        time.sleep(0.02)
    written = read_cost(project, "prepare")
    assert written["step"] == "prepare"
    assert written["num_decoded"] == 10
    assert 0.02 <= float(str(written["wall_s"])) < 5.0


def test_a_step_that_fails_leaves_the_last_good_figures(tmp_path: Path) -> None:
    project = Project(tmp_path)
    with cost.measured(project, "train") as entries:
        entries["run"] = "good"
    with pytest.raises(RuntimeError), cost.measured(project, "train") as entries:
        entries["run"] = "bad"
        raise RuntimeError
    assert read_cost(project, "train")["run"] == "good"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak")
def test_peak_memory_is_in_bytes_and_follows_what_is_allocated() -> None:
    program = (
        "from winnow.cost import peak_rss_bytes as peak; before = peak(); held = bytearray(b'x') * 100_000_000;"
        "print(peak() - before)"
    )
    grown = int(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)
    assert 80e6 < grown < 200e6
