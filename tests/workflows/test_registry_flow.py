"""`registry.yaml` under act: from a tag to a comment, and every way in which the chain is to break."""

import pytest
from act import needs_act
from github_api import GitHubServer
from registry_world import RegistryWorld

pytestmark = [needs_act, pytest.mark.slow]


@pytest.fixture(scope="module")
def world(shared_server: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> RegistryWorld:
    world = RegistryWorld.create(shared_server, tmp_path_factory.mktemp("world"))
    world.merge("1", range(6))
    return world


def test_a_version_is_verified_looks_once_is_promoted_deployed_and_told(world: RegistryWorld) -> None:
    pull = world.merge("2", range(2))
    outcome = world.push_tag(world.works.register("v1.0.0"))
    print([(job.id, job.name, job.result, job.duration_s, [(s.name, s.duration_s) for s in job.steps]) for job in outcome.jobs])
    assert outcome.is_success, outcome.log[-6000:]
    print(world.comments(pull))
    print(world.tags(), world.in_stage("staging"))
