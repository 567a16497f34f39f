"""A pull request whose runs have ended: what they handed over lies on the loopback GitHub, ready to be posted."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cml_stand_in import install
from github_api import GitHubServer
from github_records import Check, Pull, Repository, Run, now
from places import git
from sample_verdicts import BASE, HEAD, data_diff

from winnow.commands.post import PostResult, post
from winnow.github.client import GitHub
from winnow.project import Project
from winnow.pull_request.record import Checks, DataRun, Finding, PipelineRun, Step, Store
from winnow.verdict.record.verdict import Verdict

MAIN = "cd" * 20
DATA, PIPELINE = ".github/workflows/data.yaml", ".github/workflows/pipeline.yaml"
NOTHING_STORED = Store(remote="none", num_objects=0, num_bytes=0)


def pipeline_run(**changes: Any) -> PipelineRun:
    """Return what a pipeline that trained says; keywords replace fields."""
    fields: dict[str, Any] = {
        "folder": ".",
        "commit": HEAD,
        "base": BASE,
        "steps": [Step(name="dvc repro", seconds=95.0), Step(name="verdict", seconds=4.2)],
        "state": "rebuilt",
        "reason": "",
        "stages": ["train", "evaluate"],
        "is_lock_current": True,
        "smoke": None,
        "store": Store(remote="readable", num_objects=3, num_bytes=12_300_000),
    }
    return PipelineRun(**{**fields, **changes})


def data_run(**changes: Any) -> DataRun:
    """Return what the data workflow says of a data set with a finding."""
    finding = Finding(id="D105", severity="warning", message="3 groups span splits", hint="name the group")
    fields: dict[str, Any] = {
        "folder": ".",
        "commit": HEAD,
        "base": BASE,
        "steps": [],
        "checks": Checks(findings=[finding], num_images=2_000, not_run={"D201": "no images here"}),
        "diff": data_diff(),
    }
    return DataRun(**{**fields, **changes})


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """Return files as an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def handed_over(*results: tuple[PipelineRun, Verdict | None]) -> bytes:
    """Return the archive in which a pipeline hands over its results."""
    files: dict[str, str] = {}
    for number, (run, verdict) in enumerate(results):
        files[f"{number}/run.json"] = json.dumps(run.as_dict())
        files |= {f"{number}/verdict.json": json.dumps(verdict.as_dict())} if verdict else {}
    return zipped(files)


def handed_over_data(*runs: DataRun) -> bytes:
    """Return the archive in which the data workflow hands over its results."""
    return zipped({f"data/{number}/run.json": json.dumps(run.as_dict()) for number, run in enumerate(runs)})


class Scene:
    """A repository with a pull request, a checkout of its default branch, and a workflow's environment."""

    def __init__(self, server: GitHubServer, folder: Path, patch: pytest.MonkeyPatch, *, is_fork: bool = False) -> None:
        for name, value in server.certificate.variables().items():
            patch.setenv(name, value)
        self.server, self.folder = server, folder
        self.repository: Repository = server.github.add_repository("rice/leaves")
        self.repository.commits.add(MAIN)
        server.github.add_user("ada")
        self.head = server.github.add_repository("eve/leaves", parent=self.repository) if is_fork else self.repository
        self.pull: Pull = server.github.add_pull(self.repository, "topic", head=self.head, stored_sha=HEAD)
        rights = {"issues": "write", "pull_requests": "write", "checks": "write", "actions": "read", "contents": "read"}
        self.token = server.github.add_token("report", self.repository, **rights)
        self.github = GitHub(self.repository.full_name, self.token.secret, server.api_url)
        self.summary = folder / "summary.md"
        patch.setenv("GITHUB_STEP_SUMMARY", str(self.summary))
        self.variables = self._variables()
        self.project = Project(folder / "checkout")
        self.project.root.mkdir()
        git(self.project.root, "init", "-q")
        self.add_project(".")

    def add_project(self, folder: str) -> None:
        """Let the default branch have a project in a folder."""
        root = self.project.root / folder
        root.mkdir(exist_ok=True)
        for name in ("params.yaml", "dvc.yaml"):
            (root / name).write_text("{}\n", encoding="utf-8")
        git(self.project.root, "add", "-A")

    def with_cml(self) -> None:
        """Put CML's stand-in on the path."""
        programs = install(self.folder / "programs")
        self.variables["PATH"] = os.pathsep.join([str(programs), os.environ["PATH"]])

    def run(self, path: str, content: bytes | None = None, **fields: Any) -> Run:
        """Add a run of a workflow at the head, with what it handed over."""
        name = Path(path).stem
        settled = {"status": "completed", "conclusion": "success", "event": "pull_request", **fields}
        run = self.server.github.add_run(
            self.repository, head=self.head, name=name, path=path, head_sha=HEAD, head_branch="topic", **settled
        )
        if content is not None:
            artifact = "winnow-data" if path == DATA else "winnow-verdict"
            self.server.github.add_artifact(self.repository, run, artifact, content)
        return run

    def post(self, run: Run) -> PostResult:
        """Do what the report's workflow does when a run has ended."""
        event = self.folder / "event.json"
        event.write_text(json.dumps({"workflow_run": {"id": run.id}}), encoding="utf-8")
        self.summary.write_text("", encoding="utf-8")
        return post(self.project, None, {**self.variables, "GITHUB_EVENT_PATH": str(event)})

    def bodies(self) -> list[str]:
        """Return all comments of the pull request."""
        return [comment.body for comment in self.repository.comments_on(self.pull.number)]

    def checks(self) -> dict[str, Check]:
        """Return the newest check of each name at the head."""
        return {check.name: check for check in reversed(self.repository.checks_of(HEAD))}

    def summary_text(self) -> str:
        """Return the job's summary."""
        return self.summary.read_text(encoding="utf-8")

    def _variables(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir()
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "PATHEXT", "TMP") if name in os.environ}
        return {
            **kept,
            **self.server.variables(),
            "PATH": _without_cml(),
            "HOME": str(home),
            "GITHUB_REPOSITORY": self.repository.full_name,
            "GITHUB_TOKEN": self.token.secret,
            "GITHUB_ACTOR": "ada",
            "GITHUB_EVENT_NAME": "workflow_run",
            "GITHUB_SHA": MAIN,
        }


def quote_of(title: str, by_hand: str = "> ") -> str:
    """Return what a person writes who quotes our comment, watermark and all."""
    return f'{by_hand}![](https://cml.dev/watermark.png#{MAIN} "CML watermark {title}")\n\nWhat does that mean?'


def jobs(*names: str) -> list[dict[str, object]]:
    """Return jobs that took a minute each."""
    moment = now()
    times = {"created_at": moment, "started_at": moment, "completed_at": moment}
    step = {"name": "Judge", "number": 1, "started_at": moment, "completed_at": moment}
    return [
        {"name": name, "conclusion": "success", "labels": ["ubuntu-24.04"], "steps": [step], **times} for name in names
    ]


def _without_cml() -> str:
    """Return the path without folders in which there is a real CML."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / "cml").exists())
