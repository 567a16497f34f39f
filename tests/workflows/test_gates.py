"""The gates of a pull request can go red: a fault is planted, and the command of the job's step says what is wrong.

Here: tests, coverage, a private key. A stale lock, a forgotten push and a worse model go through whole workflows in
test_loop.py, a leak between test and training in test_loop_fresh.py; lint and types have their faults planted in
tests/behaviour/test_tasks.py, import contracts in tests/architecture.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from action_environment import link_environment
from workflow_files import GITHUB, ROOT, WorkflowFile, tracked_files

from repository import BYTECODE

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="a link needs rights there")]

TESTS, KEYS = "Tests with coverage", "Private keys"
_TOOLS = ("bootstrap.py", "tasks.py", "pyproject.toml", ".pre-commit-config.yaml")
GOOD_MODULE = '''"""Counts."""


def double(number: int) -> int:
    """Return twice the number."""
    return number + number
'''
UNTESTED = (
    GOOD_MODULE
    + '''

def triple(number: int) -> int:
    """Return three times the number."""
    if number > 0:
        return number + number + number
    if number < 0:
        return -triple(-number)
    raise ValueError("expected a number that is not zero")
'''
)
GOOD_TEST = "from winnow.counts import double\n\n\ndef test_twice() -> None:\n    assert double(2) == 4\n"
GOOD = {
    "src/winnow/__init__.py": '"""Counts things."""\n',
    "src/winnow/counts.py": GOOD_MODULE,
    "tests/test_counts.py": GOOD_TEST,
}


def command_of(step: str) -> list[str]:
    """Return what a step of the jobs that every pull request has runs."""
    workflows = [WorkflowFile.read(GITHUB / "workflows" / name) for name in ("ci.yaml", "security.yaml")]
    steps = [*workflows[0].jobs["ubuntu"]["steps"], *workflows[1].jobs["scan"]["steps"]]
    return shlex.split(next(each["run"] for each in steps if each["name"] == step))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The tools of this repository around a package of one function and its test."""
    for name in tracked_files():
        if name in _TOOLS or name.startswith(("requirements/", "tooling/")):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    for name in ("tests/end_to_end", "tests/hostile", "tests/workflows"):
        (tmp_path / name).mkdir(parents=True)
    assert link_environment(tmp_path)
    plant(tmp_path, GOOD)
    return tmp_path


def plant(checkout: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(text, encoding="utf-8", newline="\n")


def run(checkout: Path, step: str) -> tuple[int, str]:
    """Run the command of a step; return its exit code and what it said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST", "PYTHONDONT"))}
    environment = {**kept, **BYTECODE, "PYTHONPATH": str(checkout / "src")}
    environment["PRE_COMMIT_HOME"] = str(checkout / ".cache")
    # It has nothing to do here, and takes seconds to read every module that was imported.
    environment["PYTEST_ADDOPTS"] = "-p no:hypothesispytest"
    program, *arguments = command_of(step)
    assert program == "python"
    done = subprocess.run(
        [sys.executable, *arguments], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("files", "red", "green"),
    [
        ({"tests/test_counts.py": GOOD_TEST.replace("4", "5")}, "tests", "coverage report"),
        ({"src/winnow/counts.py": UNTESTED}, "coverage report", "tests"),
    ],
    ids=["a test", "coverage"],
)
def test_a_failing_test_and_code_without_a_test_turn_the_job_red(
    files: dict[str, str], red: str, green: str, checkout: Path
) -> None:
    plant(checkout, files)
    code, output = run(checkout, TESTS)
    assert f"failed: {red}\n" in output, "it alone"
    assert f"== {green}: ok" in output
    assert code == 1


def test_a_private_key_turns_the_job_red(checkout: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=checkout, check=True)
    plant(checkout, {"deploy.pem": "-----BEGIN " + "RSA PRIVATE KEY-----\n", ".gitignore": "/.venv/\n/.cache/\n"})
    subprocess.run(["git", "add", "--all"], cwd=checkout, check=True)
    code, output = run(checkout, KEYS)
    assert code == 1, output
    assert "Private key found: deploy.pem" in output
    (checkout / "deploy.pem").write_text("nothing\n", encoding="utf-8")
    assert run(checkout, KEYS)[0] == 0
