"""How long a reviewer waits: the jobs of a commit's runs, and what is left of them without training."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from winnow.github.runs import Job, Run
from winnow.markup.amounts import seconds_text
from winnow.markup.blocks import Block, Line, Row, Strong, word

GOAL_S = 240.0
_OWN_RUNNER = "self-hosted"
_UNKNOWN = "\u2013"
_MAX_ROWS = 60


@dataclass(frozen=True)
class Timed:
    """A run and its jobs."""

    run: Run
    jobs: Sequence[Job]
    training_s: float = 0.0
    """Spent in stages of the pipeline, as the run itself says."""

    @property
    def elapsed_s(self) -> float | None:
        """From the event to the end of the last job; None while it has not ended."""
        ends = [job.completed_at for job in self.ran if job.completed_at]
        starts = [self.run.created_at, *(job.created_at or job.started_at for job in self.ran)]
        known = [start for start in starts if start]
        if not (self.run.is_completed and ends and known):
            return None
        return max((max(ends) - min(known)).total_seconds(), 0.0)

    @property
    def ran(self) -> list[Job]:
        """Jobs that were not skipped."""
        return [job for job in self.jobs if job.conclusion != "skipped"]


def time_table(timed: Sequence[Timed]) -> Block:
    """Return the table of all jobs, and the longest way through them without training, against the goal."""
    rows = [row for each in timed for row in _rows(each)]
    header = ("workflow", "job", "runner", "queue", "time", "slowest step")
    return Block("Time of the hosted steps", list(_lines(timed)), header, rows, "lllrrl", max_rows=_MAX_ROWS)


def _lines(timed: Iterable[Timed]) -> Iterator[Line]:
    ways = [(each.elapsed_s - each.training_s, each) for each in timed if each.elapsed_s is not None]
    if not ways:
        yield ("no run has ended yet",)
        return
    longest_s, each = max(ways, key=lambda way: way[0])
    longest_s = max(longest_s, 0.0)
    verdict = "within" if longest_s <= GOAL_S else "over"
    without = f", without {seconds_text(each.training_s)} of training" if each.training_s else ""
    yield "critical path, an estimate: ", Strong(seconds_text(longest_s)), " in ", word(each.run.name), without
    yield (f"{verdict} the goal of {seconds_text(GOAL_S)}; workflows run side by side, and this report is not counted",)


def _rows(timed: Timed) -> Iterator[Row]:
    for job in timed.ran:
        runner = "own" if _OWN_RUNNER in job.labels else "hosted"
        queue, time = _between(job.created_at, job.started_at), _between(job.started_at, job.completed_at)
        yield word(timed.run.name), word(job.name), runner, _text(queue), _text(time), _slowest(job)


def _slowest(job: Job) -> Line:
    times = [(_between(step.started_at, step.completed_at), step.name) for step in job.steps]
    known = [(seconds, name) for seconds, name in times if seconds is not None]
    if not known:
        return (_UNKNOWN,)
    seconds, name = max(known)
    return word(name), f" {seconds_text(seconds)}"


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return max((end - start).total_seconds(), 0.0) if start and end else None


def _text(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else seconds_text(seconds)
