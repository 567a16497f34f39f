"""`report.yaml` on bad days: handovers that nobody should believe, comments in the way, a GitHub that says no."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from act import Machine, needs_act
from act_log import Outcome
from github_api import GitHubServer
from github_loop import Loop, Seen, named
from github_records import Pull, Run
from loop_world import World
from sample_verdicts import better

from winnow.pull_request.record import PipelineRun, Step, Store
from winnow.verdict.record.evidence import ConfusionChange, Confusions

pytestmark = [needs_act, pytest.mark.slow]

HOSTILE = (
    "</code><script>alert(1)</script> @rice/maintainers ![](https://evil.example/x.png) [click](javascript:x) <!--"
)
Files = dict[str, bytes]


def verdict_files(sha: str, word: str = "") -> Files:
    """Return what the pipeline hands over of a better model at a commit, with a word where people choose words."""
    run = PipelineRun(
        folder=".",
        commit=sha,
        base=None,
        steps=[Step(name="dvc repro", seconds=1.5)],
        state="rebuilt",
        reason=word,
        stages=[word or "train"],
        is_lock_current=True,
        smoke=None,
        store=Store(remote="none", num_objects=0, num_bytes=0),
    )
    plain = better()
    head = plain.head.model_copy(update={"commit": sha})
    confusion = ConfusionChange(actual=word or "coat", predicted="shirt", base=9, head=1)
    changes = {"head": head, "project": word or plain.project, "confusions": Confusions(gained=[], lost=[confusion])}
    verdict = plain.model_copy(update=changes)
    return {"0/run.json": _json(run.as_dict()), "0/verdict.json": _json(verdict.as_dict())}


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()


def zipped(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


class Desk:
    """A repository with pull requests whose pipelines have run, as GitHub tells it."""

    def __init__(self, server: GitHubServer, root: Path) -> None:
        self.server = server
        self.world = World.create(server, root, "rice/leaves", projects=())
        self.machine = Machine(root / "machine", server)
        self.loop = Loop(self.machine, self.world.repository, without=["store"])

    def propose(self, branch: str) -> Pull:
        return self.world.propose(branch)

    def hand_over(self, pull: Pull, archive: bytes, *, conclusion: str = "success") -> Run:
        """Let the pipeline of a pull request have ended, with this artifact."""
        about = {"name": "pipeline", "path": ".github/workflows/pipeline.yaml", "event": "pull_request"}
        where = {"head_sha": pull.head_sha, "head_branch": pull.branch}
        run = self.server.github.add_run(self.world.repository, **about, **where)
        run.status, run.conclusion = "completed", conclusion
        self.server.github.add_artifact(self.world.repository, run, "winnow-verdict", archive)
        return run

    def post(self, pull: Pull, run: Run) -> Seen:
        return self.see(pull, self.loop.after(run))

    def see(self, pull: Pull, outcomes: list[Outcome]) -> Seen:
        return Seen.of(self.world.repository, pull, outcomes)


@pytest.fixture(scope="module")
def desk(shared_server: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(shared_server, tmp_path_factory.mktemp("desk"))


@pytest.fixture
def pull(desk: Desk, request: pytest.FixtureRequest) -> Iterator[Pull]:
    yield desk.propose(f"branch-{len(desk.world.repository.pulls) + 1}")
    desk.server.faults.forget()


TAMPERED: dict[str, Callable[[str], bytes]] = {
    "another commit": lambda _: zipped(verdict_files("ab" * 20)),
    "a number": lambda sha: zipped({**verdict_files(sha), "0/run.json": _with(verdict_files(sha), pull_request=1)}),
    "not JSON": lambda sha: zipped({**verdict_files(sha), "0/verdict.json": b"<html>hello</html>"}),
    "50 MB": lambda sha: zipped({**verdict_files(sha), "0/zeros": bytes(50_000_000)}),
}


def _with(files: Files, **more: object) -> bytes:
    return _json({**json.loads(files["0/run.json"]), **more})


@pytest.fixture(scope="module")
def tampered(desk: Desk) -> dict[str, Seen]:
    """Every kind of handover that is not taken, each on a pull request of its own, two at a time."""
    pulls = {kind: desk.propose(f"tampered-{number}") for number, kind in enumerate(TAMPERED)}
    runs = {kind: desk.hand_over(pull, TAMPERED[kind](pull.head_sha)) for kind, pull in pulls.items()}
    with ThreadPoolExecutor(2) as threads:
        seen = threads.map(lambda kind: desk.post(pulls[kind], runs[kind]), TAMPERED)
        return dict(zip(TAMPERED, seen, strict=True))


@pytest.mark.parametrize("kind", TAMPERED)
def test_a_handover_that_is_not_what_it_has_to_be_is_refused_in_public(kind: str, tampered: dict[str, Seen]) -> None:
    seen = tampered[kind]
    [comment] = seen.comments
    assert "the handover was refused" in comment.body
    assert "better" not in comment.body
    assert "hello" not in comment.body, "nothing of it is quoted"
    assert seen.checks["winnow"].conclusion == "failure"
    report = seen.run("report")
    assert not report.is_success
    assert "the handover was refused" in report.job("post").step("Post").log


def test_what_is_too_large_is_not_even_downloaded(desk: Desk, tampered: dict[str, Seen]) -> None:
    large = {each.id for each in desk.world.repository.artifacts.values() if len(each.content) > 32_000_000}
    assert large
    asked = {request.path for request in desk.server.requests}
    assert not {f"/repos/rice/leaves/actions/artifacts/{number}/zip" for number in large} & asked


def test_words_of_a_stranger_stay_words(desk: Desk, pull: Pull) -> None:
    seen = desk.post(pull, desk.hand_over(pull, zipped(verdict_files(pull.head_sha, word=HOSTILE))))
    [comment] = seen.comments
    for body in (comment.body, str(seen.checks["winnow"].output), seen.run("report").summary):
        assert "<script" not in body
        assert "@rice" not in body
        assert "](javascript" not in body
        assert "![](https://evil" not in body
    assert comment.body.count("alert") >= 2, "the stage and the class are shown, as text"


def test_a_comment_that_was_deleted_by_hand_is_made_again(desk: Desk, pull: Pull) -> None:
    run = desk.hand_over(pull, zipped(verdict_files(pull.head_sha)))
    [first] = desk.post(pull, run).comments
    del desk.world.repository.comments[first.id]
    [second] = desk.post(pull, run).comments
    assert second.id != first.id
    assert second.body == first.body


def test_behind_forty_comments_there_is_still_one(desk: Desk, pull: Pull) -> None:
    for number in range(40):
        desk.server.github.add_comment(desk.world.repository, pull.number, f"opinion {number}", login="ada")
    run = desk.hand_over(pull, zipped(verdict_files(pull.head_sha)))
    [first] = desk.post(pull, run).comments
    newer = desk.hand_over(pull, zipped(verdict_files(pull.head_sha, word="once more")))
    [second] = desk.post(pull, newer).comments
    assert second.id == first.id
    assert second.body != first.body


def test_two_reports_at_once_leave_one_comment(desk: Desk, pull: Pull) -> None:
    run = desk.hand_over(pull, zipped(verdict_files(pull.head_sha)))
    # GitHub lets one wait for the other (`concurrency`); here that is switched off.
    loops = [Loop(desk.machine, desk.world.repository, without=["store"]) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        outcomes = [each for some in threads.map(lambda loop: loop.after(run), loops) for each in some]
    seen = desk.see(pull, outcomes)
    assert [outcome.run.conclusion for outcome in outcomes] == ["success", "success"]
    assert len(seen.comments) == 1
    assert seen.checks["winnow"].conclusion == "success"


def test_without_cml_the_comment_is_the_same(desk: Desk, pull: Pull) -> None:
    run = desk.hand_over(pull, zipped(verdict_files(pull.head_sha)))
    bare = Machine(desk.machine.folder.with_name("bare"), desk.server, broken={"iterative/setup-cml"})
    seen = desk.see(pull, Loop(bare, desk.world.repository, without=["store"]).after(run))
    [alone] = seen.comments
    post = seen.run("report").job("post")
    assert (post.step("Install CML").result, post.result) == ("failure", "success")
    assert "(by the API)" in post.step("Post").log
    again = desk.post(pull, desk.hand_over(pull, zipped(verdict_files(pull.head_sha, word="once more"))))
    assert "(by CML)" in again.run("report").job("post").step("Post").log
    assert [comment.id for comment in again.comments] == [alone.id], "CML knows it as its own"


def test_another_label_starts_nothing(desk: Desk, pull: Pull) -> None:
    outcomes = desk.loop.label(pull, "question", desk.server.github.add_user("ada"))
    assert [(outcome.run.name, outcome.run.conclusion) for outcome in outcomes] == [
        ("label", "skipped"),
        ("accept", "skipped"),
    ]


@pytest.mark.parametrize("trouble", ["500", "403", "rate limit"])
def test_a_github_that_says_no_makes_the_job_red_and_the_summary_has_the_report(
    trouble: str, desk: Desk, pull: Pull
) -> None:
    comments = f"POST /repos/rice/leaves/issues/{pull.number}/comments"
    if trouble == "rate limit":
        desk.server.faults.limit(comments, times=99)
    else:
        desk.server.faults.refuse(comments, int(trouble), times=99)
    outcomes = desk.loop.after(desk.hand_over(pull, zipped(verdict_files(pull.head_sha))))
    report = named(outcomes, "report")
    assert not report.is_success
    assert "could not be posted" in report.job("post").step("Post").log
    assert "Not everything could be posted" in report.summary
    assert "accuracy 0.912" in report.summary, "the report itself"
    seen = desk.see(pull, outcomes)
    assert seen.comments == []
    assert seen.checks["winnow"].conclusion == "success", "what could be said was said"
