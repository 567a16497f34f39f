"""A pull request of a fork: its code looks for secrets and finds none, and it is still answered."""

import json
import re
from pathlib import Path

import pytest
from act import Machine, needs_act
from github_api import GitHubServer
from github_loop import Loop, Seen
from github_records import Pull
from loop_world import World

pytestmark = [needs_act, pytest.mark.slow]

SECRET, VARIABLE = "hush-4f7c2d", "projects/1/the-provider"
# Hidden from the runner's masks, as whoever wanted to take something along would do it.
THIEF = """
import os, sys
sys.stdout.write("LOOT " + json.dumps(dict(os.environ)).encode().hex() + "\\n")
git = Path(os.environ["GITHUB_WORKSPACE"], ".git", "config").read_text()
sys.stdout.write("LOOT " + git.encode().hex() + "\\n")
"""


class Visit:
    """What the fork of a stranger left."""

    def __init__(self, server: GitHubServer, root: Path) -> None:
        self.world = World.create(server, root, "rice/leaves", remote=str(root / "remote"))
        variables = {"WINNOW_GCP_PROVIDER": VARIABLE, "WINNOW_RUNNER": '["self-hosted","gpu"]'}
        machine = Machine(root / "machine", server, secrets={"DEPLOY_KEY": SECRET}, variables=variables)
        self.loop = Loop(machine, self.world.repository)
        self.fork = self.world.fork("eve")
        self.pull = self._open()
        self.seen = Seen.of(self.world.repository, self.pull, self.loop.push(self.pull, "opened"))

    def _open(self) -> Pull:
        self.fork.begin("topic")
        score = self.fork.work / "custom" / "score.py"
        score.write_text(score.read_text(encoding="utf-8") + THIEF, encoding="utf-8")
        self.fork.set_quality(10)
        self.fork.commit("topic")
        files = ["custom/score.py", "custom/wrong.txt"]
        github = self.world.server.github
        return github.add_pull(self.world.repository, "topic", head=self.fork.repository, files=files)

    def loot(self) -> str:
        """Return what the fork's code saw: its environment, and what Git keeps beside it."""
        log = self.seen.run("pipeline").log
        found = [bytes.fromhex(each).decode() for each in re.findall(r"LOOT ([0-9a-f]+)", log)]
        assert len(found) >= 2, "the smoke run ran its code"
        return "\n".join(found)


@pytest.fixture(scope="module")
def visit(shared_server: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    return Visit(shared_server, tmp_path_factory.mktemp("visit"))


def test_no_secret_and_no_token_is_within_reach_of_its_code(visit: Visit) -> None:
    loot, pipeline = visit.loot(), visit.seen.run("pipeline")
    assert SECRET not in loot
    assert pipeline.token.secret not in loot
    assert SECRET not in pipeline.log
    names = set(json.loads(loot.partition("\n")[0]))
    assert not {name for name in names if "TOKEN" in name or "CREDENTIAL" in name or "SECRET" in name}
    assert pipeline.token.permissions == {"contents": "read", "id_token": "read"}


def test_it_runs_on_a_hosted_machine_without_an_identity(visit: Visit) -> None:
    [job] = visit.seen.run("pipeline").jobs
    assert job.name == "Smoke run for a fork"
    used = {use["action"] for outcome in visit.seen.outcomes for use in outcome.uses}
    assert "google-github-actions/auth" not in used
    assert visit.seen.names == ["pipeline", "report"], "nothing of it is stored"
    artifacts = {each.name for each in visit.world.repository.artifacts.values()}
    assert artifacts == {"winnow-verdict"}


def test_its_smoke_run_is_told_and_its_numbers_are_called_its_own_word(visit: Visit) -> None:
    [comment] = visit.seen.comments
    assert "the fork's own word" in comment.body
    assert "smoke: the pipeline of this commit runs on the embedded digits" in comment.body
    assert visit.seen.checks["winnow"].conclusion == "success", "what it has in Git is main's model still"
    assert SECRET not in comment.body
    assert visit.seen.run("report").is_success
