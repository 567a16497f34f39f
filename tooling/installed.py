"""The wheel as a user gets it: in an environment outside the checkout, with nothing but what it asks for."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import bootstrap
from invoke import Exit

from tooling.running import ROOT, must, say
from tooling.wheel import the_wheel, version

# With their requirements: beside the locked packages of the role `train` this is all that the tests get.
TEST_TOOLS = ("hypothesis", "iniconfig", "pluggy", "pytest", "sortedcontainers")
# What a wheel can break: files that are not code, imports of what only developers have, the command line, each extra.
TESTS = (
    "tests/cli/test_app.py",
    "tests/cli/test_main.py",
    "tests/models/test_store.py",
    "tests/test_params.py",
    "tests/test_provenance.py",
    "tests/verdict/record/test_schema.py",
)
WHERE = "import pathlib, winnow; print(pathlib.Path(winnow.__file__).resolve().is_relative_to({folder!r}))"


def check_installed(dist: Path = ROOT / "dist", *, role: str = "train", tests: tuple[str, ...] = TESTS) -> None:
    """Install the wheel in `dist` beside what a role's lock names; end with exit code 1 where a test of it fails."""
    wheel = the_wheel(dist)
    with tempfile.TemporaryDirectory(prefix="winnow-", dir=large_files(), ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        python = make_environment(folder, wheel, role)
        winnow = shutil.which("winnow", path=str(python.parent))
        said = answer(folder, winnow, "--version") if winnow else "nothing: it is not there"
        if said != f"winnow {version()}":
            raise Exit(f"expected `winnow {version()}`, `winnow --version` says `{said}`", code=1)
        if answer(folder, str(python), "-c", WHERE.format(folder=str(folder))) != "True":
            raise Exit("the tests would run another winnow than the installed one", code=1)
        say(f"{said}, from {wheel.name}")
        if code := run_tests(folder, python, tests):
            raise Exit(f"the tests of the installed wheel failed (exit code {code})", code=1)


def run_tests(folder: Path, python: Path, tests: tuple[str, ...]) -> int:
    """Run these tests of the checkout in the environment of `python`; return the exit code."""
    settings = ("-c", str(ROOT / "pyproject.toml"), f"--rootdir={ROOT}", "-p", "no:cacheprovider")
    paths = (str(ROOT / each) for each in tests)
    command = [str(python), "-m", "pytest", "-q", *settings, "-m", "not slow", *paths]
    return subprocess.call(command, cwd=folder, env=variables(python))  # noqa: S603


def make_environment(folder: Path, wheel: Path, role: str) -> Path:
    """Make an environment below `folder` from a role's lock, by hash, and the wheel; return its Python."""
    home = folder / "environment"
    python = home / bootstrap.BIN.name / bootstrap.PYTHON.name
    must("uv", "venv", "--quiet", "--python", sys.executable, str(home))
    torch = chosen_torch()
    lock = (bootstrap.REQUIREMENTS / f"{role}.txt").read_text(encoding="utf-8")
    wanted = folder / "requirements.txt"
    wanted.write_text(
        tools_for_tests() + (lock if torch == bootstrap.LOCKED_TORCH else bootstrap.without_torch(lock)),
        encoding="utf-8",
    )
    target = ("--quiet", "--python", str(python))
    must("uv", "pip", "sync", *target, "--require-hashes", str(wanted))
    if torch != bootstrap.LOCKED_TORCH and "\ntorch==" in lock:
        must("uv", "pip", "install", *target, "--torch-backend", torch, *bootstrap.torch_versions())
    must("uv", "pip", "install", *target, "--no-deps", str(wheel))
    return python


def chosen_torch() -> str:
    """Return the build of torch that this checkout's environment has: a desk without CUDA need not fetch it."""
    if not bootstrap.STAMP.is_file():
        return bootstrap.LOCKED_TORCH
    return str(json.loads(bootstrap.STAMP.read_text(encoding="utf-8"))["torch"])


def tools_for_tests() -> str:
    """Return the locked entries of what runs the tests and is no requirement of winnow."""
    entries = bootstrap.lock_entries((bootstrap.REQUIREMENTS / "dev.txt").read_text(encoding="utf-8"))
    return "".join(entry for entry in entries if entry.partition("==")[0] in TEST_TOOLS)


def large_files() -> Path:
    """Return where gigabytes may lie for a moment: on a runner the disk where uv keeps them, so that it can link."""
    return Path(os.environ.get("RUNNER_TEMP") or tempfile.gettempdir())


def variables(python: Path) -> dict[str, str]:
    """Return the variables of this process without what would lead to another environment or to the checkout."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    path = os.pathsep.join([str(python.parent), kept.get("PATH", os.defpath)])
    return {**kept, "VIRTUAL_ENV": str(python.parent.parent), "PATH": path, "OMP_NUM_THREADS": "1"}


def answer(folder: Path, *command: str) -> str:
    """Return what a command of the new environment prints."""
    run = subprocess.run(  # noqa: S603
        command, cwd=folder, env=variables(Path(command[0])), stdout=subprocess.PIPE, text=True, check=False
    )
    if run.returncode:
        raise Exit(f"failed in the new environment: {' '.join(command)}", code=1)
    return run.stdout.strip()
