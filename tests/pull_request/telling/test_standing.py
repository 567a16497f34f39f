import dataclasses
from typing import Any

import pytest
from post_scene import data_run, pipeline_run
from sample_verdicts import HEAD, better, worse

from winnow.github.runs import Run
from winnow.pull_request.handed.gathering import Gathered, Handed, Seen
from winnow.pull_request.handed.handover import PipelineResult
from winnow.pull_request.record import Checks, Finding, PipelineRun, Smoke
from winnow.pull_request.telling.standing import Standing, check_name_of, name_of, of_all
from winnow.verdict.record.verdict import Verdict

RUN = Run(
    *(1, "pipeline", ".github/workflows/pipeline.yaml", "pull_request", HEAD, "topic", 1, "rice/leaves", "completed"),
    *("success", "https://example.org/runs/1", 1, None),
)
SEEN = Seen(HEAD, is_fork=False, is_ours_too=True, runs=[])


def ended(conclusion: str) -> Run:
    return dataclasses.replace(RUN, conclusion=conclusion)


def judged(verdict: Verdict | None, *, conclusion: str = "success", **changes: Any) -> Standing:
    others = changes.pop("others", {})
    result = PipelineResult(pipeline_run(**changes), verdict)
    return Standing(".", Gathered(SEEN, Handed(), Handed(ended(conclusion), {".": result, **others})))


def unjudged(run: Run | None, *, has_data: bool = False) -> Standing:
    data = {".": data_run()} if has_data else {}
    return Standing(".", Gathered(SEEN, Handed(RUN, data), Handed(run)))


@pytest.mark.parametrize(
    ("standing", "phase", "conclusion"),
    [
        (judged(better()), "judged", "success"),
        (judged(worse()), "judged", "failure"),
        (judged(better(), state="in git", reason="no remote"), "judged", "success"),
        (judged(None, state="in git", reason="no model"), "unjudged", "failure"),
        (judged(None, state="failed", reason="no memory", conclusion="failure"), "failed", "failure"),
        (judged(better(), state="failed", conclusion="failure"), "failed", "failure"),
        (unjudged(ended("failure")), "failed", "failure"),
        (unjudged(ended("timed_out"), has_data=True), "failed", "failure"),
        (unjudged(ended("cancelled")), "cancelled", "failure"),
        (unjudged(dataclasses.replace(RUN, status="queued", conclusion="")), "running", None),
        (unjudged(dataclasses.replace(RUN, status="in_progress", conclusion=""), has_data=True), "running", None),
        (unjudged(ended("action_required")), "waiting", None),
        (unjudged(None, has_data=True), "data only", "neutral"),
        (unjudged(ended("success"), has_data=True), "data only", "neutral"),
        (unjudged(ended("success")), "untouched", "neutral"),
    ],
)
def test_a_phase_and_what_the_check_says(standing: Standing, phase: str, conclusion: str | None) -> None:
    assert (standing.phase, standing.conclusion) == (phase, conclusion)


def test_a_refused_handover_fails_every_project() -> None:
    gathered = Gathered(SEEN, Handed(RUN, refusal="no"), Handed(RUN, {".": PipelineResult(pipeline_run(), better())}))
    assert [(Standing(folder, gathered).phase, Standing(folder, gathered).conclusion) for folder in (".", "shop")] == [
        ("refused", "failure")
    ] * 2


def test_a_good_verdict_of_a_run_that_failed_does_not_count() -> None:
    standing = judged(better(), conclusion="failure")
    assert (standing.conclusion, standing.objection) == ("failure", "its run did not end well")


def test_nor_does_one_whose_code_does_not_run() -> None:
    smoke = Smoke(passed=False, message="no memory")
    standing = judged(better(), conclusion="failure", smoke=smoke)
    assert (standing.conclusion, standing.objection) == ("failure", "its code does not run")


@pytest.mark.parametrize(
    "run",
    [
        pipeline_run(folder="shop", state="failed"),
        pipeline_run(folder="shop", state="in git"),
        pipeline_run(folder="shop", smoke=Smoke(passed=False, message="")),
    ],
)
def test_a_run_that_failed_because_of_another_project_is_no_objection(run: PipelineRun) -> None:
    verdict = better() if run.smoke else None
    standing = judged(better(), conclusion="failure", others={"shop": PipelineResult(run, verdict)})
    assert (standing.conclusion, standing.objection) == ("success", "")


def test_a_project_of_which_the_pipeline_says_nothing_is_not_touched_even_if_the_run_failed() -> None:
    result = PipelineResult(pipeline_run(state="failed"), None)
    other = Standing("shop", Gathered(SEEN, Handed(), Handed(ended("failure"), {".": result})))
    assert (other.phase, other.conclusion, other.is_told) == ("untouched", "neutral", False)


def test_errors_in_the_data_fail_the_check_where_there_is_nothing_else() -> None:
    error = Finding(id="D101", severity="error", message="empty class", hint="")
    data = data_run(checks=Checks(findings=[error], num_images=1, not_run={}))
    standing = Standing(".", Gathered(SEEN, Handed(RUN, {".": data}), Handed()))
    assert (standing.phase, standing.num_errors, standing.conclusion) == ("data only", 1, "failure")


@pytest.mark.parametrize(
    ("standings", "conclusion"),
    [
        ([judged(better()), unjudged(ended("success"))], "success"),
        ([unjudged(ended("success"))], "neutral"),
        ([judged(better()), judged(worse())], "failure"),
        ([judged(better()), unjudged(dataclasses.replace(RUN, status="queued", conclusion=""))], None),
        ([judged(worse()), unjudged(dataclasses.replace(RUN, status="queued", conclusion=""))], "failure"),
    ],
)
def test_one_check_for_all_is_as_bad_as_the_worst(standings: list[Standing], conclusion: str | None) -> None:
    assert of_all(standings) == conclusion


def test_names_tell_the_project_apart_where_it_lies_in_a_subfolder() -> None:
    assert (name_of("."), check_name_of(".")) == ("winnow", "winnow")
    assert (name_of("shop/rice"), check_name_of("shop/rice")) == ("winnow shop/rice", "winnow (shop/rice)")
