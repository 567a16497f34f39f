"""A project whose stages are small scripts: DVC really runs them, in no time and without training."""

import shutil
from pathlib import Path

from judged import IGNORED, PullRequest

from repository import call, dvc

FLOW = """
vars:
  - code: .
stages:
  prepare:
    cmd: python scripts/prepare.py
    deps: [scripts/prepare.py, data/images]
    outs:
      - data/prepared: {persist: true, push: false}
  train:
    cmd: python scripts/train.py
    deps: [scripts/train.py, "${code}/knob.txt", answers.parquet, data/prepared]
    outs:
      - models/bundle
      - reports/predictions.parquet: {cache: false}
    metrics:
      - reports/metrics.json: {cache: false}
"""
PREPARE = """
import os, pathlib
names = sorted(os.listdir("data/images"))
pathlib.Path("data/prepared").mkdir(parents=True, exist_ok=True)
pathlib.Path("data/prepared/index").write_text(" ".join(names))
"""
TRAIN = """
import pathlib, shutil, sys
knob = pathlib.Path("knob.txt").read_text()
print("turning the knob to", knob)
if "break" in knob:
    sys.exit("\\033[31mno such image: " + pathlib.Path("knob.txt").resolve().as_posix())
for name in ("models/bundle", "reports"):
    pathlib.Path(name).mkdir(parents=True, exist_ok=True)
pathlib.Path("models/bundle/weights").write_text(knob)
pathlib.Path("models/bundle/shape").write_text("always the same")
shutil.copy("answers.parquet", "reports/predictions.parquet")
pathlib.Path("reports/metrics.json").write_text('{"schema": 1, "task": "single_label", "accuracy": 0.9}')
"""


def make_origin(root: Path, storage: Path | None, **params: object) -> Path:
    """Make a repository whose `main` was built and, with a storage, pushed; return its folder."""
    request = PullRequest(root / "origin", **params)
    here = request.root
    request.write_model(range(6))
    (here / ".gitignore").write_text(f"{IGNORED}__pycache__/\n", encoding="utf-8")
    (here / "answers.parquet").write_bytes(request.project.predictions.read_bytes())
    write(here, {"dvc.yaml": FLOW, "scripts/prepare.py": PREPARE, "scripts/train.py": TRAIN, "knob.txt": "1"})
    request.project.images_dvc.write_text(request.made.images_dvc([request.part]), encoding="utf-8")
    dvc(here, "repro", "-q")
    if storage:
        storage.mkdir()
        dvc(here, "remote", "add", "-q", "-d", "store", str(storage))
        dvc(here, "push", "-q")
    commit(here, {"README.md": "a project"})
    return here


def clone(origin: Path, folder: Path, **files: str) -> Path:
    """Clone the repository, as a workflow does, and commit files (`__` for `/`, `_` for `.`) on a branch."""
    call(origin.parent, "git", "clone", "-q", str(origin), str(folder))
    call(folder, "git", "checkout", "-q", "-B", "topic")
    if files:
        commit(folder, {name.replace("__", "/").replace("_", "."): text for name, text in files.items()})
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files by their path below the folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def commit(folder: Path, files: dict[str, str]) -> str:
    """Write files and commit everything; return the commit."""
    write(folder, files)
    call(folder, "git", "add", "-A")
    call(folder, "git", "commit", "-q", "-m", "change")
    return call(folder, "git", "rev-parse", "HEAD").strip()


def names_below(folder: Path) -> set[str]:
    """Return every file by its path."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def forget_cache(folder: Path) -> None:
    """Remove DVC's cache of a clone."""
    shutil.rmtree(folder / ".dvc" / "cache", ignore_errors=True)
