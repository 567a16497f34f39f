"""A fork of the template on its first day: no remote, no GPU, no variable is set; and it holds two projects."""

from pathlib import Path

import pytest
from act import Machine, needs_act
from github_api import GitHubServer
from github_loop import Loop, Seen
from loop_world import World

pytestmark = [needs_act, pytest.mark.slow]


class FirstDay:
    """The repository, and its pull requests so far."""

    def __init__(self, server: GitHubServer, root: Path) -> None:
        self.world = World.create(server, root, "rice/leaves", projects=(".", "seeds"))
        self.machine = Machine(root / "machine", server)

    def open(self, branch: str, *, without: tuple[str, ...] = ()) -> Seen:
        self.world.commit(branch)
        pull = self.world.open(branch)
        loop = Loop(self.machine, self.world.repository, without=without)
        return Seen.of(self.world.repository, pull, loop.push(pull, "opened"))


@pytest.fixture(scope="module")
def day(shared_server: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> FirstDay:
    return FirstDay(shared_server, tmp_path_factory.mktemp("day"))


@pytest.fixture(scope="module")
def data_alone(day: FirstDay) -> Seen:
    """A pull request that relabels an image of the project in the root."""
    day.world.begin("relabel")
    day.world.relabel(61, label="cat")
    return day.open("relabel")


@pytest.fixture(scope="module")
def both(day: FirstDay) -> Seen:
    """A pull request with a better model of either project, trained on a desk."""
    day.world.begin("both")
    for project, wrong in ((".", 3), ("seeds", 5)):
        day.world.train(wrong=wrong, project=project)
    return day.open("both")


def test_a_change_of_the_data_is_checked_and_compared_though_nothing_can_be_trained(data_alone: Seen) -> None:
    assert data_alone.names == ["data", "pipeline", "report", "report"]
    assert {outcome.run.conclusion for outcome in data_alone.outcomes if outcome.jobs} == {"success"}
    [comment] = data_alone.comments
    assert "relabel" in comment.body
    assert "there is no remote to pull from" in comment.body, "it says so"
    assert data_alone.checks["winnow"].conclusion == "success", "what is in Git is judged, and it is no worse"


def test_a_project_that_is_not_touched_has_no_comment_and_a_check_that_lets_pass(data_alone: Seen) -> None:
    check = data_alone.checks["winnow (seeds)"]
    assert (check.conclusion, check.output["title"]) == ("neutral", "nothing to judge")


def test_nothing_is_handed_over_to_be_stored_and_no_identity_is_asked_for(day: FirstDay, data_alone: Seen) -> None:
    used = {use["action"] for outcome in data_alone.outcomes for use in outcome.uses}
    assert "google-github-actions/auth" not in used
    assert "winnow-objects" not in {each.name for each in day.world.repository.artifacts.values()}


def test_a_group_in_training_and_test_turns_the_check_red(day: FirstDay) -> None:
    day.world.begin("leak")
    day.world.relabel(0, 1, 60, group="one patient")
    # As long as no model is judged, the data alone decide.
    leak = day.open("leak", without=("pipeline",))
    assert leak.names == ["data", "report"]
    assert "D105" in leak.comments[0].body
    assert leak.checks["winnow"].conclusion == "failure"


def test_two_projects_of_one_repository_have_a_comment_and_a_check_each(both: Seen) -> None:
    root, seeds = sorted(both.comments, key=lambda comment: "CML watermark winnow seeds" in comment.body)
    assert '"CML watermark winnow"' in root.body
    assert '"CML watermark winnow seeds"' in seeds.body
    assert "0.667 → 0.950" in root.body
    assert "0.667 → 0.917" in seeds.body
    checks = {name: both.checks[name].conclusion for name in ("winnow", "winnow (seeds)")}
    assert checks == {"winnow": "success", "winnow (seeds)": "success"}
