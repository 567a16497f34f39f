"""A real repository to make pull requests in: Git, DVC, winnow's own code, and its commands as a shell runs them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path

from _pictures import say, write_project

from winnow.verdict.record.verdict import Verdict

CHECKOUT = Path(__file__).parents[1]
BASE = "main"

Edit = Callable[["Repository"], None]


@dataclass(frozen=True)
class Repository:
    """A project in its own repository, its base trained and committed on `main`."""

    root: Path

    def run(self, *command: str, expected: Container[int] = (0,)) -> None:
        """Run a command; its output is shown when it ends with another code than those expected."""
        done = subprocess.run(
            command, cwd=self.root, env=environment(), capture_output=True, check=False, encoding="utf-8"
        )
        if done.returncode not in expected:
            say(done.stdout + done.stderr)
            raise SystemExit(f"{' '.join(command)[:200]} ended with {done.returncode}")

    def winnow(self, *arguments: str, expected: Container[int] = (0,)) -> None:
        self.run(sys.executable, "-m", "winnow", *arguments, expected=expected)

    def set_params(self, **changes: object) -> None:
        """Change keys of `params.yaml`: dotted, with `__` for a dot."""
        write_project(self.root, self.root / "params.yaml", **changes)

    def reproduce(self, message: str) -> None:
        """Train and commit, as a contributor does."""
        self.run(sys.executable, "-m", "dvc", "repro", "--quiet")
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", f"--message={message}")

    def pull_request(self, name: str, edit: Edit) -> Verdict:
        """Branch off the base, edit, train, commit, and return what `winnow report` says about it."""
        self.run("git", "switch", "--quiet", "--create", name, BASE)
        edit(self)
        self.reproduce(name)
        # Exit code 1: a gate failed, which is for the verdict to tell.
        self.winnow("report", "--base", BASE, expected=(0, 1))
        path = self.root / "reports" / "verdict.json"
        verdict = Verdict.from_dict(json.loads(path.read_text(encoding="utf-8")), path.name)
        outcome = verdict.outcome
        say(f"  {name}: {outcome.call}, {outcome.base} -> {outcome.head}, p {outcome.p}")
        return verdict


def start(root: Path, source: str, recipe: str, *, model_code: str = "", **changes: object) -> Repository:
    """Lay out a project, take `source` in, train the base and commit it; `model_code` becomes `custom/net.py`."""
    root.mkdir(parents=True)
    repository = Repository(root)
    repository.run("git", "init", "--quiet", f"--initial-branch={BASE}")
    # Nothing of the user's own settings: no signature, no hooks, no name.
    for setting in ("user.name=bench", "user.email=bench@localhost", "commit.gpgsign=false", "core.hooksPath=hooks"):
        repository.run("git", "config", *setting.split("="))
    repository.run(sys.executable, "-m", "dvc", "init", "--quiet")
    for name in ("dvc.yaml", ".dvcignore", ".gitignore", ".gitattributes"):
        shutil.copy(CHECKOUT / name, root)
    for name in ("src/winnow", "custom", ".dvc/plots"):
        shutil.copytree(CHECKOUT / name, root / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    if model_code:
        (root / "custom" / "net.py").write_text(model_code, encoding="utf-8")
    write_project(root, CHECKOUT / "recipes" / recipe, **changes)
    repository.winnow("add", source)
    repository.reproduce("Base")
    return repository


def environment() -> dict[str, str]:
    """Return the shell that `dvc repro` needs: this winnow on the PATH, and no repository of the caller's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_"))}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), inherited["PATH"]]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DVC_NO_ANALYTICS": "1",
    }
