"""A repository with this one's machinery and models that can be released, for runs of `registry.yaml`."""

import shutil
from dataclasses import dataclass, field
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

from winnow.project import Project
from winnow.registry.history import read_history
from winnow.registry.tags import read_tags

WORKFLOW = "registry.yaml"
# The real one talks to a cloud. This one says how it ended, as docs/deploy.md tells it.
DEPLOY = """name: deploy
on:
  workflow_call:
    inputs:
      model: {required: true, type: string}
      stage: {required: true, type: string}
permissions: {}
jobs:
  release:
    name: Release
    runs-on: ubuntu-24.04
    permissions: {contents: read}
    steps:
      - name: Release
        run: >-
          echo "{\\"outcome\\": \\"$OUTCOME\\", \\"error\\": \\"$ERROR\\", \\"stages\\": {\\"$STAGE\\":
          {\\"after\\": {\\"revision-of-before\\": 100}}}}" > summary.json; echo "deploying $MODEL to $STAGE";
          test "$OUTCOME" = released
        env:
          MODEL: ${{ inputs.model }}
          STAGE: ${{ inputs.stage }}
          OUTCOME: ${{ vars.OUTCOME }}
          ERROR: ${{ vars.ERROR }}
      - name: Hand over
        if: ${{ !cancelled() }}
        uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0
        with: {name: winnow-deploy, path: summary.json}
"""
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
    pulls: dict[str, Pull] = field(default_factory=dict)
    """By the commit that each brought."""

    @classmethod
    def create(cls, server: GitHubServer, root: Path, **params: Any) -> "RegistryWorld":
        """Publish a repository without a model."""
        works = Works.build(root / "works", has_vault=True, **params)
        copy_machinery(works.root)
        with (works.root / ".gitignore").open("a", encoding="utf-8") as stream:
            stream.write(f"{IGNORED}/models/\n")
        config = CONFIG.format(storage=(works.folder / "storage").as_posix())
        (works.root / ".dvc" / "config").write_text(config, encoding="utf-8")
        (works.root / ".github" / "workflows" / "deploy.yaml").write_text(DEPLOY, encoding="utf-8")
        bare = root / "git" / "rice" / "leaves.git"
        bare.parent.mkdir(parents=True)
        shutil.move(works.folder / "origin.git", bare)
        works.git("remote", "set-url", "origin", str(bare))
        repository = server.github.add_repository("rice/leaves", git=bare)
        machine = Machine(
            root / "machine", server, variables={"WINNOW_DEPLOY_TARGET": "cloud-run", "OUTCOME": "released"}
        )
        return cls(server, works, repository, machine)

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
        inputs = cast("dict[str, str]", asked["inputs"])
        content = events.dispatch(self.server, self.repository, inputs)
        return handed_over, self.machine.run(self.repository, WORKFLOW, "workflow_dispatch", content)

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
