import dataclasses
from datetime import UTC, datetime, timedelta

from sample_verdicts import HEAD

from winnow.github.runs import Job, JobStep, Run
from winnow.markup.markdown import to_markdown
from winnow.pull_request.telling.time_table import Timed, time_table

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
RUN = Run(
    *(1, "pipeline", ".github/workflows/pipeline.yaml", "pull_request", HEAD, "topic", 1, "rice/leaves", "completed"),
    *("success", "https://example.org/runs/1", 1, START),
)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def job(name: str, start: float, end: float | None, **changes: object) -> Job:
    steps = (JobStep("Set up", at(start), at(start + 1)), JobStep("Judge", at(start + 1), at(end) if end else None))
    made = Job(name, "success", ("ubuntu-24.04",), at(start - 5), at(start), at(end) if end else None, steps)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def text_of(*timed: Timed) -> str:
    return to_markdown([time_table(timed)])


def test_every_job_has_its_queue_its_time_and_its_slowest_step() -> None:
    text = text_of(Timed(RUN, [job("plan", 10, 20), job("train", 30, 130, labels=("self-hosted", "gpu"))]))
    assert "| <code>pipeline</code> | <code>plan</code> | hosted | 5.0 s | 10.0 s | <code>Judge</code> 9.0 s |" in text
    assert "| <code>train</code> | own | 5.0 s | 1 min 40 s | <code>Judge</code> 1 min 39 s |" in text


def test_the_critical_path_is_the_longest_run_without_its_training() -> None:
    training = Timed(RUN, [job("plan", 10, 20), job("train", 30, 630)], training_s=580)
    other = Timed(dataclasses.replace(RUN, name="ci"), [job("lint", 10, 45)])
    text = text_of(training, other)
    assert "critical path, an estimate: <b>50.0 s</b> in <code>pipeline</code>, without 9 min 40 s of training" in text
    assert "within the goal of 4 min 0 s" in text
    assert "<b>45.0 s</b> in <code>ci</code>" in text_of(other)


def test_a_path_over_the_goal_is_said_to_be() -> None:
    assert "over the goal of 4 min 0 s" in text_of(Timed(RUN, [job("plan", 10, 300)]))


def test_jobs_that_were_skipped_are_left_out_and_those_that_run_have_no_time_yet() -> None:
    running = dataclasses.replace(RUN, status="in_progress", conclusion="")
    text = text_of(Timed(running, [job("skipped", 1, 2, conclusion="skipped"), job("runs", 10, None)]))
    assert "skipped" not in text
    assert "| <code>runs</code> | hosted | 5.0 s | \u2013 | <code>Set up</code> 1.0 s |" in text
    assert "no run has ended yet" in text


def test_without_any_times_there_is_no_estimate() -> None:
    waiting = Job("waits", "", (), None, None, None, ())
    text = text_of(Timed(dataclasses.replace(RUN, created_at=None), [waiting]))
    assert "no run has ended yet" in text
    unknown = "\u2013"
    assert f"| <code>waits</code> | hosted | {unknown} | {unknown} | {unknown} |" in text
