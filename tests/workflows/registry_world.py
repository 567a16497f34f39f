"""A repository with this one's machinery and models that can be released, for runs of `registry.yaml`."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import github_events as events
from act import Machine
from act_log import Outcome
from github_api import GitHubServer
from github_records import Pull, Repository
from loop_world import copy_machinery
from places import git
from registered import IGNORED
from released import Works
from stand_ins.programs import cloud_run_model, install_clouds, install_docker, read_state
from stand_ins.service import Behaviour, serving

from winnow.project import Project
from winnow.registry.history import read_history
from winnow.registry.tags import read_tags

WORKFLOW = "registry.yaml"
VARIABLES = {
    "WINNOW_DEPLOY_TARGET": "cloud-run",
    "WINNOW_IMAGES": "europe-west4-docker.pkg.dev/rice-grains-1/winnow",
    "WINNOW_GCP_PROJECT": "rice-grains-1",
    "WINNOW_GCP_REGION": "europe-west4",
    "WINNOW_GCP_SERVE_ACCOUNT": "winnow-serve@rice-grains-1.iam.gserviceaccount.com",
    "WINNOW_CANARY_SECONDS": "1",
}
# What somebody deployed before there was a registry.
SERVING = {
    "services": {"winnow-production": {"traffic": [{"revisionName": "by-hand", "percent": 100}]}},
    "revisions": {"by-hand": {"service": "winnow-production", "model": "classifier@v0.9.0", "ready": True}},
}
CONFIG = """[core]
    remote = store
    analytics = false
['remote "store"']
    url = {storage}
"""


@dataclass
class RegistryWorld:
    """One repository of the loopback GitHub, the work tree in which its people work, and where its workflow runs."""

    server: GitHubServer
    works: Works
    repository: Repository
    machine: Machine
    cloud: Path
    """Where the stand-ins for `gcloud` and `docker` are, and what they keep."""
    behaviour: Behaviour
    """Of the services that they start."""

    @classmethod
    @contextmanager
    def create(cls, server: GitHubServer, root: Path, **params: Any) -> "Iterator[RegistryWorld]":
        """Publish a repository without a model, beside a cloud in which an older model serves."""
        works = Works.build(root / "works", has_vault=True, **params)
        copy_machinery(works.root)
        with (works.root / ".gitignore").open("a", encoding="utf-8") as stream:
            stream.write(f"{IGNORED}/models/\n")
        config = CONFIG.format(storage=(works.folder / "storage").as_posix())
        (works.root / ".dvc" / "config").write_text(config, encoding="utf-8")
        bare = root / "git" / "rice" / "leaves.git"
        bare.parent.mkdir(parents=True)
        shutil.move(works.folder / "origin.git", bare)
        works.git("remote", "set-url", "origin", str(bare))
        repository = server.github.add_repository("rice/leaves", git=bare)
        cloud, behaviour = root / "cloud", Behaviour()
        cloud.mkdir()
        install_clouds(cloud)
        install_docker(cloud)
        path = os.pathsep.join([str(cloud), str(Path(sys.executable).parent), os.environ["PATH"]])
        machine = Machine(
            root / "machine", server, variables=VARIABLES, environment={"PATH": path, "STAND_INS": str(cloud)}
        )
        with serving(behaviour, lambda path: cloud_run_model(read_state(cloud), path)) as port:
            state = {"base": f"http://127.0.0.1:{port}", **SERVING}
            (cloud / "state.json").write_text(json.dumps(state), encoding="utf-8")
            yield cls(server, works, repository, machine, cloud, behaviour)

    def serves(self, stage: str) -> str | None:
        """Return NAME@VERSION of what gets the traffic of a stage, as the cloud has it."""
        state = read_state(self.cloud)
        if f"winnow-{stage}" not in state["services"]:
            return None
        return cloud_run_model(state, f"/s/winnow-{stage}").partition("/")[2]

    def merge(self, knob: str, wrong: Any, **files: Any) -> Pull:
        """Let a pull request bring a model to main; return it as GitHub knows it afterwards."""
        commit = self.works.release_model(knob, wrong, **files)
        pull = self.server.github.add_pull(self.repository, f"knob-{knob}", stored_sha=commit, merge_sha=commit)
        pull.state = "closed"
        return pull

    def push_tag(self, tag: str) -> tuple[Outcome, Outcome]:
        """Run the workflow for a tag that is on GitHub, and then what that run has asked for."""
        content = events.push_tag(self.server, self.repository, tag)
        handed_over = self.machine.run(self.repository, WORKFLOW, "push", content)
        asked = self.repository.dispatches.pop()
        assert (asked["workflow"], asked["ref"]) == (WORKFLOW, self.repository.default_branch)
        return handed_over, self.ask(cast("dict[str, str]", asked["inputs"]))

    def ask(self, inputs: dict[str, str], *, is_inlined: bool = False) -> Outcome:
        """Fill in the workflow's form; `is_inlined` where a deployment is to fail: see called_workflows."""
        content = events.dispatch(self.server, self.repository, inputs)
        return self.machine.run(self.repository, WORKFLOW, "workflow_dispatch", content, is_inlined=is_inlined)

    def push_main(self, workflow: str) -> Outcome:
        """Run a workflow for what main holds."""
        return self.machine.run(self.repository, workflow, "push", events.push(self.server, self.repository))

    def call(self, **payload: Any) -> Outcome:
        """Let the webhook of a hosted registry call."""
        content = events.repository_dispatch(self.server, self.repository, "staged_model", payload)
        return self.machine.run(self.repository, WORKFLOW, "repository_dispatch", content)

    def tags(self) -> list[str]:
        """Return the tags on GitHub."""
        return git(self.repository.git, "tag").split()

    def in_stage(self, stage: str) -> str | None:
        """Return the version that a stage holds on GitHub."""
        assert self.repository.git is not None
        project = Project(self.repository.git)
        return read_history("classifier", read_tags(project, "classifier")).in_stage(stage)

    def comments(self, pull: Pull) -> list[str]:
        """Return what workflows have said on a pull request."""
        return [each.body for each in self.repository.comments_on(pull.number) if each.author.is_bot]
