"""Repositories with this one's machinery and small projects whose model takes a second: for runs of whole loops."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from branches import Branches, tiny_id
from github_api import GitHubServer
from github_records import Pull, Repository
from places import git
from workflow_files import ROOT, tracked_files

from repository import dvc, write_params
from winnow.data.labels import Labels, read_labels, write_labels

TEST, OTHERS = range(60), range(60, 80)
# What a fork of the template has, but for its own data, model, tests and pages.
_MACHINERY = (
    *(".github/", "src/", "requirements/", "tooling/", "recipes/", ".dvc/config", ".dvc/plots/"),
    *("deploy/", "dockerfiles/"),
)
_FILES = (
    *("tasks.py", "bootstrap.py", "pyproject.toml", "README.md", "LICENSE"),
    *(".gitattributes", ".dvcignore", ".dockerignore"),
)
_IGNORED = """/.venv/
/.winnow/
__pycache__/
gha-creds-*.json
"""
_IGNORED_IN_PROJECT = """/.winnow/
/models/
/reports/verdict.json
/reports/report.*
"""
# The whole flow of a project: it answers as a model of this quality would, about whatever is labelled here.
_SCORE = '''"""A model in a second: wrong about the first images of the test set, as many as wrong.txt says."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from winnow.data.labels import read_labels
from winnow.evaluation.predictions import collect, write_predictions

wrong = int(Path("custom/wrong.txt").read_text())
rows = list(read_labels(Path("data/labels.csv")).rows())
rows = [row for row in rows if row[4] == "test"] or rows
ids, labels, empty = [row[0] for row in rows], [row[1] for row in rows], [""] * len(rows)
columns = {"id": ids, "split": ["test"] * len(ids), "label": labels, "group": empty}
classes = sorted(set(labels))
scores = np.full((len(ids), len(classes)), 0.2 / (len(classes) - 1), dtype=np.float32)
for number, label in enumerate(labels):
    scores[number, (classes.index(label) + (number < wrong)) % len(classes)] = 0.8
for folder in ("models", "reports"):
    Path(folder).mkdir(exist_ok=True)
Path("models/weights.bin").write_bytes(b"weights that err %d times" % wrong)
write_predictions(Path("reports/predictions.parquet"), collect(pa.table(columns), scores, classes))
metrics = {"schema": 1, "task": "single_label", "accuracy": 1 - wrong / len(ids)}
Path("reports/metrics.json").write_text(json.dumps(metrics))
'''
_FLOW = """vars:
  - code: CODE

stages:
  evaluate:
    cmd: python custom/score.py
    deps:
      - custom
      - data/labels.csv
      - data/images
      - ${code}/evaluation/predictions.py
    outs:
      - models/weights.bin
      - reports/predictions.parquet: {cache: false}
    metrics:
      - reports/metrics.json: {cache: false}
"""


@dataclass
class World:
    """One repository of the loopback GitHub, and the work tree in which its people work."""

    server: GitHubServer
    root: Path
    repository: Repository
    work: Path
    remote: str = ""
    """DVC's remote; empty where there is none."""

    @classmethod
    def create(
        cls,
        server: GitHubServer,
        root: Path,
        full_name: str,
        *,
        remote: str = "",
        projects: tuple[str, ...] = (".",),
    ) -> "World":
        """Publish a repository whose models get 20 of 60 test images wrong; without projects there is no model."""
        work = root / "work" / full_name
        work.mkdir(parents=True)
        copy_machinery(work)
        (work / ".dvc" / "config").write_text(_config(remote), encoding="utf-8")
        git(work, "init", "-q", "-b", "main")
        bare = root / "git" / f"{full_name}.git"
        git(root, "init", "-q", "--bare", "-b", "main", str(bare))
        git(work, "remote", "add", "origin", str(bare))
        world = cls(server, root, server.github.add_repository(full_name, git=bare), work, remote)
        for folder in projects:
            code = "src/winnow" if folder == "." else "../src/winnow"
            _lay_out(work / folder, work / ".dvc" / "cache" / "files" / "md5", code)
            world.train(wrong=20, project=folder)
        world.commit("main", "Begin")
        return world

    def train(self, *, wrong: int, project: str = ".") -> None:
        """Let DVC run the stages of a project, as on a desk, and push to the remote where there is one."""
        self.set_quality(wrong, project)
        dvc(self.work / project, "repro", "-q")
        if self.remote:
            dvc(self.work / project, "push", "-q")

    def set_quality(self, wrong: int, project: str = ".") -> None:
        """Decide how many of the 60 test images the model of a project is to get wrong; nothing is run."""
        (self.work / project / "custom" / "wrong.txt").write_text(f"{wrong}\n", encoding="utf-8")

    def relabel(self, *numbers: int, label: str = "", group: str = "") -> None:
        """Change the label or the group of images; those from 60 on are for training."""
        path = self.work / "data" / "labels.csv"
        labels = read_labels(path)
        chosen = {tiny_id(number) for number in numbers}
        cells = {
            row[0]: (label or row[1], row[2], group or row[3], row[4]) if row[0] in chosen else tuple(row[1:])
            for row in labels.rows()
        }
        assert chosen <= set(cells)
        write_labels(path, Labels.from_rows(((image, *rest) for image, rest in cells.items()), ()))

    def commit(self, branch: str, message: str = "Change") -> str:
        """Commit all that has changed, push the branch, return the commit."""
        git(self.work, "add", "-A")
        git(self.work, "commit", "-q", "-m", message)
        git(self.work, "push", "-q", "origin", f"HEAD:{branch}")
        return git(self.work, "rev-parse", "HEAD")

    def begin(self, branch: str) -> None:
        """Go to a new branch from main."""
        git(self.work, "checkout", "-q", "-f", "-B", branch, "main")

    def open(self, branch: str) -> Pull:
        """Open a pull request of a branch that was pushed."""
        changed = git(self.work, "diff", "--name-only", f"main...{branch}").splitlines()
        return self.server.github.add_pull(self.repository, branch, files=changed)

    def propose(self, branch: str, message: str = "Change a word") -> Pull:
        """Open a pull request that touches no project."""
        self.begin(branch)
        (self.work / "README.md").write_text(f"{branch}\n", encoding="utf-8")
        self.commit(branch, message)
        return self.open(branch)

    def fork(self, owner: str) -> "World":
        """Fork it, as somebody without any right here does."""
        full_name = f"{owner}/{self.repository.name}"
        bare, work = self.root / "git" / f"{full_name}.git", self.root / "work" / full_name
        git(self.root, "clone", "-q", "--bare", "--single-branch", "-b", "main", str(self.repository.git), str(bare))
        git(self.root, "clone", "-q", str(bare), str(work))
        fork = self.server.github.add_repository(full_name, git=bare, parent=self.repository)
        return World(self.server, self.root, fork, work)

    def tracked_in(self, revision: str, path: str) -> str:
        """Return a file of the repository on GitHub."""
        return git(self.repository.git, "show", f"{revision}:{path}")


def copy_machinery(work: Path) -> None:
    """Put what a fork of the template has, but for its own data, model, tests and pages, into a work tree."""
    for name in tracked_files():
        if (name in _FILES or name.startswith(_MACHINERY)) and (ROOT / name).is_file():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, work / name)
    (work / ".gitignore").write_text(_IGNORED, encoding="utf-8")


def _config(remote: str) -> str:
    settings = "[core]\n    analytics = false\n    check_update = false\n"
    return f"{settings}    remote = store\n['remote \"store\"']\n    url = {remote}\n" if remote else settings


def _lay_out(root: Path, cache: Path, code: str) -> None:
    """Put a project of tiny images into a folder, whose images lie in DVC's cache and in the work tree."""
    (root / "data").mkdir(parents=True, exist_ok=True)
    made = Branches(root)
    made.objects = cache
    write_params(root, gate__data="advisory")
    part = made.pack(*TEST, *OTHERS)
    splits = {**dict.fromkeys(TEST, "test"), **dict.fromkeys(OTHERS, "train")}
    made.write_labels({tiny_id(n): (("cat", "dog")[n % 2], f"{n}.png", "", split) for n, split in splits.items()})
    (root / "data" / "images.dvc").write_text(made.images_dvc([part]), encoding="utf-8")
    (root / "data" / ".gitignore").write_text("/images\n", encoding="utf-8")
    with (root / ".gitignore").open("a", encoding="utf-8") as stream:
        stream.write(_IGNORED_IN_PROJECT)
    (root / "custom").mkdir()
    (root / "custom" / "score.py").write_text(_SCORE, encoding="utf-8")
    (root / "dvc.yaml").write_text(_FLOW.replace("CODE", code), encoding="utf-8")
