"""How long the steps of the workflows took under act, as a table: `WINNOW_STEP_TIMES=FILE pytest …`, then this, FILE.

A measurement of this machine with stand-ins for the actions, and so an estimate for GitHub's.
"""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from act_log import Outcome
from workflow_files import workflow_files

VARIABLE = "WINNOW_STEP_TIMES"
# From a push to a comment: the one job after the other.
CRITICAL = (("pipeline", "Pipeline"), ("report", "Comment and check"))
SETUP, TRAINING = "Set up winnow", "Rebuild and judge"


@dataclass(frozen=True)
class StepTime:
    """One step of one run."""

    workflow: str
    job: str
    step: str
    seconds: float


def note(outcome: Outcome) -> None:
    """Add a run's steps to the file that the environment names, if it names one and the workflow is one of ours."""
    if path := os.environ.get(VARIABLE):
        ours = {(file.stem, job.get("name")) for file in workflow_files() for job in file.jobs.values()}
        steps = [
            StepTime(outcome.run.name, job.name, step.name, step.duration_s)
            for job in outcome.jobs
            for step in job.steps
            if (outcome.run.name, job.name) in ours
        ]
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.writelines(json.dumps(asdict(each)) + "\n" for each in steps)


def read(path: Path) -> list[StepTime]:
    """Return what was noted; nothing where no run was."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [StepTime(**json.loads(line)) for line in lines]


def table(times: Iterable[StepTime]) -> list[str]:
    """Return the lines of a table of all steps of the loop's workflows, and what a pull request waits for."""
    seconds: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for each in times:
        seconds[each.workflow, each.job, each.step].append(each.seconds)
    lines = [f"{'workflow':9} {'job':28} {'step':42} {'runs':>4} {'median':>7} {'longest':>7}"]
    for (workflow, job, step), found in sorted(seconds.items(), key=lambda item: item[0][:2]):
        lines.append(f"{workflow:9} {job:28} {step:42} {len(found):4} {median(found):6.1f}s {max(found):6.1f}s")
    middle = {place: median(found) for place, found in seconds.items()}
    return [*lines, "", *_estimate(middle)]


def _estimate(middle: dict[tuple[str, str, str], float]) -> list[str]:
    waited = {place: value for place, value in middle.items() if place[:2] in CRITICAL}
    if {place[:2] for place in waited} != set(CRITICAL):
        return ["No whole chain from a push to a comment was run, so there is no estimate."]
    hosted = sum(value for (_, _, step), value in waited.items() if step not in {SETUP, TRAINING})
    rebuilt = sum(value for (_, _, step), value in waited.items() if step == TRAINING)
    return [
        f"From a push to the comment, all but training and setting up: {hosted:.0f} s, measured here with stand-ins",
        f"for the actions. `{TRAINING}` took {rebuilt:.0f} s with a stage of no weight: what it costs beside training.",
        f"`{SETUP}` (twice) links packages here; on GitHub it takes them from the cache. That, the wait for a machine",
        "and the network are not in these numbers: the job summary of a real run has its own table.",
    ]


def main(path: Path) -> int:
    """Print the table; fail where nothing was noted."""
    times = read(path)
    sys.stdout.write("\n".join(table(times)) + "\n" if times else f"{path}: no step was noted\n")
    return 0 if times else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
