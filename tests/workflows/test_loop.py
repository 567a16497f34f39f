"""The life of one pull request, from the first push to the accepted model: every workflow as GitHub would start it."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import github_events as events
import pytest
from act import Machine, needs_act
from act_log import Job
from github_api import GitHubServer
from github_loop import Loop, Seen
from github_records import Check, Pull
from loop_world import World
from places import git
from storage import BUCKET, Emulator, variables

pytestmark = [needs_act, pytest.mark.slow]

PROVIDER = "projects/1/locations/global/workloadIdentityPools/winnow-github/providers/github"
VARIABLES = {
    "WINNOW_GCP_PROVIDER": PROVIDER,
    "WINNOW_GCP_PULL_ACCOUNT": "winnow-pull@rice",
    "WINNOW_GCP_PUSH_ACCOUNT": "winnow-push@rice",
}


class Story:
    """A repository with a bucket, and a pull request that makes the model worse at first."""

    def __init__(self, server: GitHubServer, root: Path, storage: Emulator) -> None:
        self.storage = storage
        self.world = World.create(server, root, "rice/leaves", remote=f"gs://{BUCKET}/leaves")
        self.repository = self.world.repository
        self.machine = Machine(root / "machine", server, variables=VARIABLES, environment=variables(storage.url))
        self.loop = Loop(self.machine, self.repository)
        self.world.begin("topic")
        self.pull = self.push(wrong=45, action="opened")

    def push(self, *, wrong: int, action: str = "") -> Pull:
        self.world.set_quality(wrong)
        self.world.commit("topic")
        return self.world.open("topic") if action else self.pull

    def see(self, action: str = "synchronize") -> Seen:
        return Seen.of(self.repository, self.pull, self.loop.push(self.pull, action))

    def stored(self, wrong: int) -> bool:
        """Return whether the bucket has the weights of a model of this quality."""
        return object_of(wrong) in self.storage.objects(BUCKET)


def object_of(wrong: int) -> str:
    md5 = hashlib.md5(b"weights that err %d times" % wrong).hexdigest()
    return f"leaves/files/md5/{md5[:2]}/{md5[2:]}"


@pytest.fixture(scope="module")
def story(shared_server: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    storage = Emulator(None)
    storage.start()
    try:
        storage.make_bucket(BUCKET)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables(storage.url).items():
                patch.setenv(name, value)
            yield Story(shared_server, tmp_path_factory.mktemp("story"), storage)
    finally:
        storage.kill()


@pytest.fixture(scope="module")
def opened(story: Story) -> Seen:
    return story.see("opened")


@pytest.fixture(scope="module")
def pushed(story: Story, opened: Seen) -> Seen:
    story.push(wrong=4)
    return story.see()


def test_the_first_push_has_one_comment_and_a_worse_model_turns_the_check_red_and_says_why(opened: Seen) -> None:
    assert opened.names == ["pipeline", "report", "store"]
    assert {outcome.run.conclusion for outcome in opened.outcomes} == {"success"}, "it is the check that says no"
    [comment] = opened.comments
    assert "worse" in comment.body.splitlines()[0]
    check = opened.checks["winnow"]
    assert check.conclusion == "failure"
    assert "worse: accuracy 0.667" in str(check.output["title"])
    assert "1 required gate did not pass: primary" in str(check.output["title"])


def test_a_second_push_edits_the_same_comment_and_a_better_model_turns_the_check_green(
    opened: Seen, pushed: Seen
) -> None:
    [before], [after] = opened.comments, pushed.comments
    assert after.id == before.id
    assert "better" in after.body.splitlines()[0]
    assert pushed.checks["winnow"].conclusion == "success"
    assert pushed.run("report").summary.startswith(after.body.partition("\n")[0]), "the job summary has the report too"


def test_what_the_run_made_is_stored_by_another_run(story: Story, pushed: Seen) -> None:
    assert story.stored(4)
    accounts = {
        outcome.run.name: {use["inputs"]["service_account"] for use in outcome.uses if "auth" in use["action"]}
        for outcome in pushed.outcomes
    }
    assert accounts["pipeline"] == {"winnow-pull@rice"}
    assert accounts["store"] == {"winnow-push@rice"}
    assert pushed.run("pipeline").token.permissions == {"contents": "read", "id_token": "write"}


def test_the_summary_tells_how_long_the_hosted_part_took(pushed: Seen) -> None:
    summary = pushed.run("report").summary
    table = summary[summary.index("Time of the hosted steps") :]
    assert re.search(r"critical path, an estimate: <b>\d", table)
    assert re.search(
        r"\| <code>pipeline</code> \| <code>Pipeline</code> \| hosted \|.* <code>Rebuild and judge</code>", table
    )


@dataclass(frozen=True)
class Accepted:
    """What a label led to, and the head before and after."""

    seen: Seen
    before: str
    after: str


def run_job(story: Story, workflow: str, job: str, event: str) -> Job:
    """Run one job of a workflow that is not of the loop, and return it."""
    server, repository = story.machine.server, story.repository
    payload = events.pull_request(server, repository, story.pull) if event == "pull_request" else None
    payload = payload or events.push(server, repository)
    return story.machine.run(repository, f"{workflow}.yaml", event, payload, job=job).job(job)


@pytest.fixture(scope="module")
def stale(story: Story, pushed: Seen) -> Job:
    """The check of the lock, before the model is accepted."""
    return run_job(story, "ci", "lock", "pull_request")


@pytest.fixture(scope="module")
def accepted(story: Story, stale: Job) -> Accepted:
    repository, server = story.repository, story.machine.server
    before = story.pull.head_sha
    ci = Check(server.github.next_id(), before, "ci", "completed", "success")
    repository.checks[ci.id] = ci
    repository.required_checks["main"] = {"ci": 15368, "winnow": 15368}
    repository.roles["ada"] = "maintain"
    ada = server.github.add_user("ada")
    outcomes = story.loop.label(story.pull, "winnow:accept", ada)
    return Accepted(Seen.of(repository, story.pull, outcomes), before, story.pull.head_sha)


@pytest.fixture(scope="module")
def refused(story: Story, accepted: Accepted) -> Seen:
    """The branch moves on while the label is put on."""
    git(story.world.work, "pull", "-q", "--ff-only", "origin", "topic")
    story.push(wrong=2)
    outcomes = story.loop.label(story.pull, "winnow:accept", story.machine.server.github.users["ada"])
    return Seen.of(story.repository, story.pull, outcomes)


def test_a_stale_lock_turns_its_check_red(stale: Job) -> None:
    assert stale.result == "failure"
    assert "evaluate" in stale.step("The lock is current").log


def test_the_label_of_a_maintainer_makes_one_commit_with_what_the_run_made(story: Story, accepted: Accepted) -> None:
    assert accepted.seen.names == ["accept", "label"]
    bare = story.repository.git
    assert git(bare, "rev-list", f"{accepted.before}..topic").split() == [accepted.after]
    changed = set(git(bare, "diff", "--name-only", accepted.before, accepted.after).splitlines())
    assert changed == {"dvc.lock", "reports/metrics.json", "reports/predictions.parquet"}
    assert hashlib.md5(b"weights that err 4 times").hexdigest() in story.world.tracked_in("topic", "dvc.lock")
    assert story.pull.labels == []


def test_it_never_trains(accepted: Accepted) -> None:
    log = accepted.seen.run("accept").log
    assert "Running stage" not in log
    assert "score.py" not in log


def test_the_required_checks_are_carried_over_and_nothing_is_started(accepted: Accepted) -> None:
    carried = {name: accepted.seen.checks[name].conclusion for name in ("ci", "winnow")}
    assert carried == {"ci": "success", "winnow": "success"}


def test_the_lock_is_current_then(story: Story, accepted: Accepted) -> None:
    assert run_job(story, "ci", "lock", "pull_request").result == "success"


def test_a_head_that_has_moved_on_is_refused(story: Story, accepted: Accepted, refused: Seen) -> None:
    accept = refused.run("accept")
    assert not accept.is_success
    assert "no run of pipeline.yaml is about" in accept.job("commit").step("Accept").log
    assert git(story.repository.git, "rev-list", "--count", f"{accepted.after}..topic") == "1", "the push alone"
    assert story.pull.labels == [], "it can be asked again"


def test_a_forgotten_push_turns_main_red(story: Story, refused: Seen) -> None:
    story.storage.delete(BUCKET, object_of(20))
    red = run_job(story, "verify", "remote", "push")
    assert red.result == "failure"
    log = red.step("Everything that the lock names is in the remote").log
    assert "the remote lacks 1 of" in log
    assert "models/weights.bin" in log
