import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from github_api import github_on_loopback
from places import git
from post_scene import (
    DATA,
    PIPELINE,
    Scene,
    data_run,
    handed_over,
    handed_over_data,
    jobs,
    pipeline_run,
    quote_of,
    zipped,
)
from sample_verdicts import BASE, HEAD, better, worse

from winnow.commands.post import post
from winnow.errors import ExitCode, UsageError
from winnow.github.client import GitHubError
from winnow.pull_request.record import Smoke, Store

Make = Callable[..., Scene]
VERDICT = handed_over((pipeline_run(), better()))
WORSE = handed_over((pipeline_run(), worse(head=better().head, base=better().base, provenance=better().provenance)))
DIGITS = Smoke(passed=True, message="")
FROM_GIT = {"state": "in git", "reason": "of a fork nothing is run on this data", "stages": [], "smoke": DIGITS}


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    with github_on_loopback(tmp_path) as server:
        yield lambda **options: Scene(server, tmp_path, monkeypatch, **options)


@pytest.fixture
def scene(make: Make) -> Scene:
    return make()


def check_of(scene: Scene, name: str = "winnow") -> tuple[str, str | None]:
    check = scene.checks()[name]
    return check.status, check.conclusion


def test_data_first_then_the_verdict_in_the_same_comment(scene: Scene) -> None:
    pipeline = scene.run(PIPELINE, status="in_progress", conclusion=None)
    result = scene.post(scene.run(DATA, handed_over_data(data_run())))
    assert result.exit_code is ExitCode.OK
    [body] = scene.bodies()
    assert body.startswith("### 🟡 the pipeline is still running")
    assert check_of(scene) == ("in_progress", None)
    pipeline.status, pipeline.conclusion, pipeline.jobs = "completed", "success", jobs("Rebuild and judge")
    scene.server.github.add_artifact(scene.repository, pipeline, "winnow-verdict", VERDICT)
    result = scene.post(pipeline)
    [body] = scene.bodies()
    assert body.startswith("### ✅ better")
    assert "Data checks" in body
    assert check_of(scene) == ("completed", "success")
    assert len(scene.repository.checks) == 1
    assert result.lines()[0].startswith(f"winnow: {scene.server.url}/rice/leaves/pull/1#issuecomment-")
    assert "check winnow: success" in result.lines()


def test_the_job_summary_has_the_report_and_the_time_table(scene: Scene) -> None:
    run = scene.run(PIPELINE, VERDICT, jobs=jobs("Rebuild and judge"))
    scene.post(run)
    summary = scene.summary_text()
    assert summary.startswith("### ✅ better")
    assert "### Time of the hosted steps" in summary
    assert "<code>Rebuild and judge</code> | hosted" in summary


def test_a_worse_model_is_a_red_check_and_a_green_job(scene: Scene) -> None:
    result = scene.post(scene.run(PIPELINE, WORSE))
    assert result.exit_code is ExitCode.OK
    assert check_of(scene) == ("completed", "failure")
    assert scene.checks()["winnow"].details_url == f"{scene.server.url}/rice/leaves/actions/runs/1008"


def test_a_fork_is_commented_on_and_its_numbers_are_its_own_word(make: Make) -> None:
    scene = make(is_fork=True)
    verdict = handed_over((pipeline_run(**FROM_GIT), better()))
    assert scene.post(scene.run(PIPELINE, verdict)).exit_code is ExitCode.OK
    [body] = scene.bodies()
    assert "the numbers are the fork's own word" in body
    assert check_of(scene) == ("completed", "success")


def test_a_forks_run_decides_nothing_about_a_commit_that_this_repository_has_too(make: Make) -> None:
    scene = make(is_fork=True)
    fork, scene.head = scene.head, scene.repository
    scene.run(PIPELINE, WORSE)
    scene.head = fork
    result = scene.post(scene.run(PIPELINE, VERDICT))
    assert scene.checks() == {}
    assert "check winnow: left alone, for a branch of this repository has the same commit" in result.lines()


def test_two_projects_have_a_comment_and_a_check_each(scene: Scene) -> None:
    scene.add_project("shop")
    shop = pipeline_run(folder="shop", state="failed", reason="no memory")
    scene.post(scene.run(PIPELINE, handed_over((pipeline_run(), better()), (shop, None)), conclusion="failure"))
    assert [body.splitlines()[0] for body in scene.bodies()][1] == "### ❌ the pipeline failed"
    assert scene.bodies()[0].startswith("### ✅ better")
    assert (check_of(scene), check_of(scene, "winnow (shop)")) == (("completed", "success"), ("completed", "failure"))


def test_where_all_projects_lie_in_subfolders_one_check_stands_for_all(scene: Scene) -> None:
    git(scene.project.root, "rm", "-q", "-f", "params.yaml", "dvc.yaml")
    scene.add_project("shop")
    scene.add_project("barn")
    scene.post(scene.run(PIPELINE, handed_over((pipeline_run(folder="shop"), better()))))
    assert [check_of(scene, name) for name in ("winnow (shop)", "winnow (barn)", "winnow")] == [
        ("completed", "success"),
        ("completed", "neutral"),
        ("completed", "success"),
    ]
    scene.post(scene.run(PIPELINE, handed_over((pipeline_run(folder="shop"), worse()))))
    assert check_of(scene) == ("completed", "failure")
    assert "shop: failure" in str(scene.checks()["winnow"].output["summary"])


def test_a_change_of_what_judges_it_is_pointed_out(scene: Scene) -> None:
    scene.pull.files += [".github/workflows/pipeline.yaml", "src/model.py", "shop/waivers.yaml", ".dvc/config"]
    scene.post(scene.run(PIPELINE, VERDICT))
    [body] = scene.bodies()
    [told] = [line for line in body.splitlines() if "changes what judges it" in line]
    assert all(name in told for name in ("pipeline", "waivers", "config"))
    assert "model" not in told


def test_a_project_that_is_not_touched_gets_a_check_and_no_comment(scene: Scene) -> None:
    scene.add_project("shop")
    scene.post(scene.run(PIPELINE, VERDICT))
    assert len(scene.bodies()) == 1
    assert check_of(scene, "winnow (shop)") == ("completed", "neutral")


def test_a_change_that_touches_nothing_any_more_brings_the_old_comment_up_to_date(scene: Scene) -> None:
    assert scene.post(scene.run(PIPELINE)).exit_code is ExitCode.OK
    assert scene.bodies() == []
    assert check_of(scene) == ("completed", "neutral")
    scene.post(scene.run(PIPELINE, VERDICT))
    scene.post(scene.run(PIPELINE))
    [body] = scene.bodies()
    assert body.startswith("### ⚖️ nothing to judge")


def test_a_pipeline_that_failed_without_a_word_is_told(scene: Scene) -> None:
    scene.post(scene.run(PIPELINE, conclusion="failure"))
    [body] = scene.bodies()
    assert body.startswith("### ❌ the pipeline failed")
    assert check_of(scene) == ("completed", "failure")


def test_without_an_open_pull_request_the_summary_has_the_report(scene: Scene) -> None:
    scene.pull.state = "closed"
    result = scene.post(scene.run(PIPELINE, VERDICT))
    assert result.exit_code is ExitCode.OK
    assert result.lines() == ["no open pull request has 8b2e4d6f1a3c at its head: nothing to post"]
    assert (scene.bodies(), scene.checks()) == ([], {})
    assert "### ✅ better" in scene.summary_text()


def test_an_older_result_never_overwrites_a_newer_one(scene: Scene) -> None:
    run = scene.run(PIPELINE, VERDICT)
    scene.pull.stored_sha = "9" * 40
    result = scene.post(run)
    assert result.exit_code is ExitCode.OK
    assert result.lines() == ["the pull request has moved on from 8b2e4d6f1a3c: nothing to post"]
    assert scene.bodies() == []


def link_to_elsewhere() -> bytes:
    member = zipfile.ZipInfo("0/run.json")
    member.external_attr = 0o120777 << 16
    return zipped({member: "/etc/passwd"})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "content",
    [
        b"not a ZIP",
        zipped({"0/run.json": "not JSON @ada"}),
        zipped({"0/run.json": bytes(70_000_000)}),
        link_to_elsewhere(),
        handed_over((pipeline_run(commit="9" * 40), None)),
        zipped({"0/run.json": json.dumps({**pipeline_run().as_dict(), "pull_request": 7})}),
        zipped({"0/run.json": json.dumps({**pipeline_run().as_dict(), "folder": "![](https://evil.example)"})}),
        bytes(50_000_000),
    ],
    ids=["no ZIP", "no JSON", "bomb", "link", "commit", "number", "folder", "50 MB"],
)
def test_a_tampered_handover_is_refused_in_sight_and_quoted_nowhere(scene: Scene, content: bytes) -> None:
    result = scene.post(scene.run(PIPELINE, content))
    assert result.exit_code is ExitCode.FAILED
    [body] = scene.bodies()
    assert body.startswith("### 🚫 the handover was refused")
    assert not any(word in body + scene.summary_text() for word in ("ada", "evil", "passwd", "9999"))
    assert check_of(scene) == ("completed", "failure")


def test_markup_in_a_handover_has_no_effect(scene: Scene) -> None:
    hostile = "@ada <img src=x> ![](https://evil.example) #1"
    side = better().head.model_copy(update={"name": hostile})
    run = pipeline_run(
        stages=[hostile], reason=hostile, state="in git", store=Store(remote="none", num_objects=0, num_bytes=0)
    )
    scene.post(scene.run(PIPELINE, handed_over((run, better(project=hostile, head=side)))))
    [body] = scene.bodies()
    assert "@ada" not in body
    assert "<img" not in body
    assert body.count("![](") == 1, "CML's watermark alone"


@pytest.mark.parametrize(("status", "pattern"), [(500, "POST"), (403, "POST"), (403, "GET .*/comments")])
def test_what_cannot_be_posted_is_in_the_summary_and_the_job_says_so(scene: Scene, status: int, pattern: str) -> None:
    scene.server.faults.refuse(pattern, status, times=99)
    result = scene.post(scene.run(PIPELINE, VERDICT))
    assert result.exit_code is ExitCode.MACHINE
    assert "the job summary has the report" in "".join(result.lines())
    summary = scene.summary_text()
    assert summary.startswith("### ❌ Not everything could be posted")
    assert "### ✅ better" in summary


def test_a_rate_limit_is_no_reason_to_lose_the_report(scene: Scene) -> None:
    scene.server.faults.limit("(POST|PATCH)", times=99)
    assert scene.post(scene.run(PIPELINE, VERDICT)).exit_code is ExitCode.MACHINE
    assert "### ✅ better" in scene.summary_text()


def test_a_github_that_says_nothing_at_all_fails_the_job_and_the_summary_says_why(scene: Scene) -> None:
    run = scene.run(PIPELINE, VERDICT)
    scene.server.faults.refuse("GET", 403, times=99)
    with pytest.raises(GitHubError) as caught:
        scene.post(run)
    assert caught.value.exit_code is ExitCode.MACHINE
    assert "winnow could not read the runs" in scene.summary_text()


def test_times_that_cannot_be_read_are_left_out(scene: Scene) -> None:
    scene.server.faults.refuse("GET .*/jobs", 403, times=9)
    assert scene.post(scene.run(PIPELINE, VERDICT)).exit_code is ExitCode.OK
    assert "The times of the jobs are not known" in scene.summary_text()


def test_a_run_that_ends_while_another_is_posted_is_not_forgotten(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from winnow.commands import post as verb

    pipeline = scene.run(PIPELINE, status="in_progress", conclusion=None)
    data = scene.run(DATA, handed_over_data(data_run()))
    real = verb.set_check

    def late(*arguments: object) -> object:
        if pipeline.status != "completed":
            pipeline.status, pipeline.conclusion = "completed", "success"
            scene.server.github.add_artifact(scene.repository, pipeline, "winnow-verdict", VERDICT)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(verb, "set_check", late)
    scene.post(data)
    [body] = scene.bodies()
    assert body.startswith("### ✅ better")
    assert check_of(scene) == ("completed", "success")


def test_a_person_may_post_again_by_the_number_of_a_run(scene: Scene) -> None:
    run = scene.run(PIPELINE, VERDICT)
    assert post(scene.project, run.id, scene.variables).exit_code is ExitCode.OK
    assert len(scene.bodies()) == 1


def test_runs_of_anything_else_and_missing_events_are_refused(scene: Scene) -> None:
    for fields in ({"path": ".github/workflows/ci.yaml"}, {"path": PIPELINE, "event": "push"}):
        run = scene.run(fields.pop("path"), VERDICT, **fields)
        with pytest.raises(UsageError, match="expected a run of"):
            scene.post(run)
    with pytest.raises(UsageError, match="expected the event"):
        post(scene.project, None, scene.variables)
    assert scene.bodies() == []


@pytest.mark.slow
def test_with_cml_the_whole_way_is_the_same(scene: Scene) -> None:
    scene.with_cml()
    result = scene.post(scene.run(DATA, handed_over_data(data_run())))
    assert "(by CML)" in result.lines()[0]
    scene.server.github.add_comment(scene.repository, 1, quote_of("winnow"), login="ada")
    result = scene.post(scene.run(PIPELINE, VERDICT))
    assert "(by the API)" in result.lines()[0]
    first, second = scene.bodies()
    assert first.startswith("### ✅ better")
    assert second == quote_of("winnow")
    assert HEAD in first
    assert BASE[:12] in first
