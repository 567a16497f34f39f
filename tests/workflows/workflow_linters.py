"""The linters of the environment, each with the files of a `.github` folder that it reads."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = list[str]


def schema(name: str, *globs: str) -> Callable[[Path], Command]:
    return lambda folder: [
        "check-jsonschema",
        f"--builtin-schema=vendor.{name}",
        *(str(path) for glob in globs for path in sorted(folder.glob(glob))),
    ]


def zizmor(folder: Path) -> Command:
    return ["zizmor", "--offline", "--persona=pedantic", "--strict-collection", "--no-progress", str(folder)]


def actionlint(folder: Path) -> Command:
    # Shell lines too: it starts shellcheck. Without the option it would go on where that is missing.
    script = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or "shellcheck"
    files = sorted(str(path) for path in (folder / "workflows").glob("*.yaml"))
    return ["actionlint", f"-shellcheck={script}", "-no-color", *files]


LINTERS: dict[str, Callable[[Path], Command]] = {
    "zizmor": zizmor,
    "actionlint": actionlint,
    "github-workflows": schema("github-workflows", "workflows/*.yaml"),
    "github-actions": schema("github-actions", "actions/*/action.yml"),
    "dependabot": schema("dependabot", "dependabot.yaml"),
    "github-issue-forms": schema("github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
    "github-issue-config": schema("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
}


def report_of(name: str, folder: Path) -> tuple[int, str]:
    """Run a linter over a folder; return its exit code and what it said."""
    program, *arguments = LINTERS[name](folder)
    found = shutil.which(program, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{program} is not in this environment")
    run = subprocess.run([found, *arguments], capture_output=True, text=True, encoding="utf-8", check=False)
    return run.returncode, run.stdout + run.stderr
