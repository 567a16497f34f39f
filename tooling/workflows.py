"""Run .github/workflows for real, under act and against a GitHub on loopback (tests/workflows)."""

from pathlib import Path

from invoke import Exit

from tooling.checks import WORKERS
from tooling.running import ROOT, Command, run_here

SCENARIOS: Command = ("python", "-m", "pytest", "tests/workflows", *WORKERS, "--durations", "10")
TIMES = ROOT / ".winnow" / "step-times.jsonl"


def run_workflows(scenarios: Command = SCENARIOS, times: Path = TIMES) -> None:
    """Run every scenario, then print how long the steps took; end with exit code 1 where one failed or none ran."""
    times.parent.mkdir(parents=True, exist_ok=True)
    times.unlink(missing_ok=True)
    is_red = run_here(*scenarios, WINNOW_STEP_TIMES=str(times)) != 0
    has_times = run_here("python", "tests/workflows/step_times.py", str(times)) == 0
    if is_red or not has_times:
        raise Exit("failed: a scenario" if is_red else "failed: no workflow ran: is `act` there?", code=1)
