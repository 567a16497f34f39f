"""Tasks for working on winnow: `python tasks.py TASK` with nothing but Python, `inv TASK` inside the environment.

What the workflows of users need is a `winnow` command, not a task.
"""

import sys
from pathlib import Path

import bootstrap

if __name__ == "__main__":
    sys.exit(bootstrap.main(sys.argv[1:], Path(__file__)))

# Below this line the environment is there.
import re
import shutil
import subprocess
import time

from invoke import Context, Exit, task

ROOT = bootstrap.ROOT
DEMO = ROOT / ".winnow" / "demo"
HASTY_EPOCHS = 2
DEMO_DVC_CONFIG = "[core]\n    analytics = false\n    check_update = false\n"
# Nothing of the user's own settings: no signature, no hooks, no name.
DEMO_AUTHOR = ("-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false")
Command = tuple[str, ...]
LINT: dict[str, Command] = {
    "ruff check": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "mypy": ("mypy",),
    "import contracts": ("lint-imports", "--no-logo"),
    "docs": ("python", "docs/generate.py", "--check"),
}
TESTS: dict[str, Command] = {
    "coverage erase": ("coverage", "erase"),
    # Two workers with a thread each: torch's own threads would fight over the cores.
    "tests": (
        "coverage",
        "run",
        "-m",
        "pytest",
        "-n",
        "2",
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
        "--durations",
        "10",
    ),
    "coverage combine": ("coverage", "combine", "--quiet"),
    "coverage report": ("coverage", "report"),
}
# The first one leads: the others take their versions from it.
LOCKS: dict[str, Command] = {
    "dev": ("pyproject.toml", "--all-extras", "--group", "dev"),
    "uv": ("--group", "bootstrap"),
    "train": ("pyproject.toml", "--extra", "train", "--extra", "cloud"),
    "serve": ("pyproject.toml", "--extra", "serve"),
}


@task
def demo(_: Context) -> None:
    """Train a hasty and a patient classifier of digits, from nothing, in .winnow/demo/, and judge the change."""
    lay_out_demo()
    write_demo_params(epochs=None)
    show("winnow", "add", "sklearn:digits")
    if not shutil.which("git"):
        show("dvc", "repro")
        show("winnow", "show")
        print("\nWith Git installed, the demo goes on to judge one model against another.")
        return
    if not (DEMO / ".git" / "refs" / "heads" / "main").exists():
        write_demo_params(epochs=HASTY_EPOCHS)
        show("dvc", "repro")
        must("git", "add", "--all", folder=DEMO)
        must("git", *DEMO_AUTHOR, "commit", "--quiet", f"--message=Train for {HASTY_EPOCHS} epochs", folder=DEMO)
    write_demo_params(epochs=None)
    show("dvc", "repro")
    show("winnow", "show")
    show("winnow", "report", "--base", "HEAD")
    print(f"\nOpen {DEMO / 'reports' / 'report.html'}, and see the pictures. Run this again and nothing is done twice.")


@task
def test(_: Context) -> None:
    """Run the tests, and measure what they cover."""
    run_steps(TESTS)


@task(help={"skip-tests": "Everything else: the tests ran already."})
def check(_: Context, *, skip_tests: bool = False) -> None:
    """Run exactly what CI runs: lint, format, types, import contracts, docs, and the tests."""
    run_steps(LINT if skip_tests else {**LINT, **TESTS})


@task
def fix(_: Context) -> None:
    """Mend what machines can mend: lint, format, generated docs."""
    run_steps(
        {
            "ruff check": ("ruff", "check", "--fix", "."),
            "ruff format": ("ruff", "format", "."),
            "docs": ("python", "docs/generate.py"),
        }
    )


@task(help={"check": "Only say whether they are up to date."})
def docs(_: Context, *, check: bool = False) -> None:
    """Write the generated pages: docs/params.md, docs/cli.md, docs/checks.md."""
    must("python", "docs/generate.py", *(["--check"] if check else []))


@task(help={"upgrade": "Take the newest versions instead of keeping the locked ones."})
def lock(_: Context, *, upgrade: bool = False) -> None:
    """Compile requirements/*.txt from pyproject.toml."""
    options = ("--universal", "--generate-hashes", "--no-header", "--quiet", "--python-version", "3.11")
    for name, inputs in LOCKS.items():
        target = f"requirements/{name}.txt"
        follow = ("--upgrade",) * upgrade if name == "dev" else ("--constraints", "requirements/dev.txt")
        print(f"compiling {target}", flush=True)
        must("uv", "pip", "compile", *inputs, *options, *follow, "--output-file", target)


@task
def bench(_: Context, name: str) -> None:
    """Run a benchmark and write its table to docs/benchmarks.md; `bench list` names them."""
    must("python", "benchmarks/report.py", name)


@task
def soak(_: Context) -> None:
    """Watch the memory of a million images, for hours, and write the table to docs/benchmarks.md."""
    must("python", "benchmarks/report.py", "soak")


@task(help={"url": "gs://BUCKET/PATH, s3://BUCKET/PATH, or a folder such as ../storage."})
def remote(_: Context, url: str) -> None:
    """Set where DVC pushes images and models, in .dvc/config (docs/remote.md)."""
    from winnow.errors import WinnowError
    from winnow.project import Project
    from winnow.remotes.settings import set_remote

    try:
        print(*set_remote(Project(ROOT), url).lines(), sep="\n")
    except WinnowError as error:
        raise Exit(f"error: {error}", code=error.exit_code) from None


def lay_out_demo() -> None:
    """Make a repository of its own inside this one: Git's and DVC's, or DVC's alone where a newcomer has no Git."""
    (DEMO / ".dvc").mkdir(parents=True, exist_ok=True)
    has_git = shutil.which("git") is not None
    if has_git and not (DEMO / ".git").exists():
        must("git", "init", "--quiet", "--initial-branch=main", folder=DEMO)
    config = DEMO_DVC_CONFIG if has_git else f"{DEMO_DVC_CONFIG}    no_scm = true\n"
    (DEMO / ".dvc" / "config").write_text(config, encoding="utf-8")
    (DEMO / "dvc.yaml").write_text(demo_flow(), encoding="utf-8")
    for name in (".dvcignore", ".gitignore", ".gitattributes"):
        shutil.copy(ROOT / name, DEMO)
    for name in ("custom", ".dvc/plots"):
        shutil.copytree(ROOT / name, DEMO / name, dirs_exist_ok=True)


def write_demo_params(*, epochs: int | None) -> None:
    """Write the parameters of the digits, with fewer epochs where that is asked for."""
    text = (ROOT / "recipes" / "digits.yaml").read_text(encoding="utf-8")
    if epochs is not None:
        text, count = re.subn(r"(?m)^  epochs: \d+$", f"  epochs: {epochs}", text)
        assert count == 1, "the recipe says once for how long to train"
    (DEMO / "params.yaml").write_text(text, encoding="utf-8")


def show(*command: str) -> None:
    """Run a command in the demo as a reader would type it."""
    print(f"\n$ {' '.join(command)}", flush=True)
    must(*command, folder=DEMO)


def demo_flow() -> str:
    """Return dvc.yaml as the demo's folder needs it: the code lies in this checkout."""
    return (ROOT / "dvc.yaml").read_text(encoding="utf-8").replace("code: src/winnow", "code: ../../src/winnow")


def run_steps(steps: dict[str, Command]) -> None:
    """Run every step, each with its time; at the end name those that failed, and fail with them."""
    failed = []
    for name, command in steps.items():
        print(f"== {name}: {' '.join(command)}", flush=True)
        start = time.monotonic()
        code = run_here(*command)
        print(f"== {name}: {f'FAILED (exit code {code})' if code else 'ok'}, {time.monotonic() - start:.1f} s\n")
        failed += [name] if code else []
    if failed:
        raise Exit(f"failed: {', '.join(failed)}", code=1)


def must(*command: str, folder: Path = ROOT) -> None:
    """Run a command; end the task with its exit code when it fails."""
    code = run_here(*command, folder=folder)
    if code:
        raise Exit(f"failed: {' '.join(command)}", code=code)


def run_here(*command: str, folder: Path = ROOT) -> int:
    """Run a command of the environment in `folder`; return its exit code."""
    program = shutil.which(command[0], path=str(bootstrap.BIN))
    variables = bootstrap.environment()
    if "pytest" in command:
        variables.setdefault("OMP_NUM_THREADS", "1")
    return subprocess.call([program or command[0], *command[1:]], cwd=folder, env=variables)
