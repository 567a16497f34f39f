"""A small repository whose pull request was trained by its run: real Git, real DVC, stages of a moment."""

import io
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from github_api import GitHubServer
from github_records import Pull, Repository, Run
from places import commit, git

from repository import dvc
from winnow.files import write_json
from winnow.github.client import GitHub
from winnow.project import Project
from winnow.pull_request.record import PipelineRun, Store

NAME = "rice/leaves"
LABEL = "winnow:accept"
PIPELINE = ".github/workflows/pipeline.yaml"
GIT_HELD = ("dvc.lock", "metrics.json", "curves/a.csv", "curves/deep/b.csv")
_TRAIN = """import pathlib

seed = pathlib.Path("params.yaml").read_text().split()[1]
for name, content in {
    "model/weights": "weights " + seed,
    "curves/a.csv": "a," + seed,
    "curves/deep/b.csv": "b," + seed,
    "metrics.json": '{"accuracy": 0.' + seed + "}",
}.items():
    pathlib.Path(name).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(name).write_text(content)
if seed == "1":
    pathlib.Path("curves/old.csv").write_text("gone with seed 2")
"""
_FLOW = """stages:
  train:
    cmd: python train.py
    deps: [train.py, data]
    params: [seed]
    outs:
      - model
      - curves: {cache: false}
    metrics:
      - metrics.json: {cache: false}
"""
_CONFIG = """[core]
    analytics = false
    check_update = false
    remote = storage
['remote "storage"']
    url = ../../../../storage
"""
_PERMISSIONS = {"contents": "write", "actions": "read", "checks": "write", "pull_requests": "write"}


def train(root: Path) -> None:
    """Make the repository, a pull request with another seed and an old lock, and what its run made of that."""
    work, bare = root / "work" / NAME, root / "git" / f"{NAME}.git"
    work.mkdir(parents=True)
    git(work, "init", "-q", "-b", "main")
    files = {"train.py": _TRAIN, "dvc.yaml": _FLOW, "params.yaml": "seed: 1\n", ".dvc/config": _CONFIG, "data/a": "a\n"}
    for name, content in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(content, encoding="utf-8", newline="\n")
    (root / "storage").mkdir()
    dvc(work, "add", "-q", "data")
    dvc(work, "repro", "-q")
    commit(work, {"README.md": "leaves\n"})
    git(root, "clone", "-q", "--bare", str(work), str(bare))
    git(work, "remote", "add", "origin", str(bare))
    git(work, "checkout", "-q", "-b", "topic")
    commit(work, {"params.yaml": "seed: 2\n"}, "Another seed")
    git(work, "push", "-q", "origin", "topic")
    dvc(work, "repro", "-q")
    dvc(work, "push", "-q")
    for name in GIT_HELD:
        (root / "records" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(work / name, root / "records" / name)
    git(work, "checkout", "-q", "-f", "main")
    shutil.rmtree(work / ".dvc" / "cache")


@dataclass
class Trained:
    """A copy of it on a GitHub of its own."""

    server: GitHubServer
    root: Path
    repository: Repository
    pull: Pull
    run: Run
    files: dict[str, bytes]
    """What the run hands over; a test may tamper with it before `hand_over`."""
    told: dict[str, object] = field(default_factory=dict)
    """Changes of what the run says of itself."""

    @classmethod
    def create(cls, template: Path, root: Path, server: GitHubServer) -> "Trained":
        """Copy the template, publish it, and open the pull request; its run has ended well."""
        shutil.copytree(template, root, dirs_exist_ok=True)
        bare = root / "git" / f"{NAME}.git"
        git(root / "work" / NAME, "remote", "set-url", "origin", str(bare))
        repository = server.github.add_repository(NAME, git=bare)
        pull = server.github.add_pull(repository, "topic")
        repository.roles["mira"] = "maintain"
        server.github.add_user("mira")
        run = add_run(server, repository, pull, PIPELINE)
        files = {name: (root / "records" / name).read_bytes() for name in GIT_HELD}
        return cls(server, root, repository, pull, run, files)

    @property
    def work(self) -> Path:
        """The clone in which somebody stands, on main."""
        return self.root / "work" / NAME

    @property
    def clone(self) -> Project:
        """The clone, as winnow sees it."""
        return Project(self.work)

    @property
    def head(self) -> str:
        """Where the branch of the pull request is now."""
        return self.pull.head_sha

    def github(self, *, login: str = "github-actions[bot]") -> GitHub:
        """Return GitHub for a workflow's token, or a person's."""
        token = self.server.github.add_token("accept", self.repository, login=login, **_PERMISSIONS)
        return GitHub(NAME, token.secret, self.server.api_url)

    def told_run(self) -> PipelineRun:
        """Return what the run says of itself."""
        fields: dict[str, object] = {
            "folder": ".",
            "commit": self.run.head_sha,
            "base": self.repository.find("refs/heads/main"),
            "steps": [],
            "state": "rebuilt",
            "reason": "",
            "stages": ["train"],
            "is_lock_current": False,
            "smoke": None,
            "store": Store(remote="readable", num_objects=1, num_bytes=9),
        }
        return PipelineRun.model_validate({**fields, **self.told})

    def hand_over(self) -> None:
        """Let the run hand over its records and what it says."""
        place = self.root / "run.json"
        write_json(place, self.told_run().model_dump(mode="json"))
        run = {"0/run.json": place.read_bytes()}
        self.add_artifact("winnow-verdict", run)
        self.add_artifact("winnow-records", run | {f"0/files/{name}": file for name, file in self.files.items()})

    def add_artifact(self, name: str, files: dict[str, bytes]) -> None:
        """Let the run hand over files."""
        self.server.github.add_artifact(self.repository, self.run, name, zipped(files))

    def push(self, files: dict[str, str], *, branch: str = "topic", message: str = "Change") -> str:
        """Let somebody push to a branch."""
        git(self.work, "checkout", "-q", "-f", branch)
        made = commit(self.work, files, message)
        git(self.work, "push", "-q", "origin", branch)
        git(self.work, "checkout", "-q", "-f", "main")
        return made

    def label(self, by: str = "mira") -> None:
        """Let somebody put the label on, after which label.yaml runs."""
        github = self.server.github
        github.put_label(self.repository, self.pull, LABEL, by=github.add_user(by))

    def tree(self, revision: str) -> dict[str, str]:
        """Return the files of a commit on GitHub."""
        names = git(self.repository.git, "ls-tree", "-r", "--name-only", revision).splitlines()
        return {name: git(self.repository.git, "show", f"{revision}:{name}") for name in names}

    def num_commits(self) -> int:
        """Count the commits of the branch that main does not have."""
        return int(git(self.repository.git, "rev-list", "--count", "main..topic"))


def add_run(server: GitHubServer, repository: Repository, pull: Pull, path: str, **more: object) -> Run:
    """Add a run of a workflow at the head of a pull request, that has ended well."""
    where = {"head_sha": pull.head_sha, "head_branch": pull.branch, "head": pull.head}
    settled = {"status": "completed", "conclusion": "success", "event": "pull_request", "name": path, **more}
    return server.github.add_run(repository, path=path, **where, **settled)  # type: ignore[arg-type]


def zipped(files: dict[str, bytes]) -> bytes:
    """Return an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()
