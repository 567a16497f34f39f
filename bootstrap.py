"""From a bare Python to `.venv`, installed from the locks in requirements/ and by hash, and commands run inside it.

`tasks.py` calls this. Standard library only, and syntax that old Pythons parse, so that they can be told their age.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  this is the line that tells
    sys.exit("error: winnow needs Python 3.11 or newer; this is Python " + sys.version.split()[0])

import argparse
import ast
import difflib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "winnow.json"
LOCKED_TORCH = "locked"
NO_TORCH = "none"
COMMANDS = {
    "install": "Make .venv or bring it up to date; --torch auto|cpu|cu128|none|... takes another build of torch.",
    "run": "Run a command inside .venv, from any shell: run CMD ARGS...",
}


class BootstrapError(Exception):
    """A step that did not work, and why."""


def main(arguments: list[str], tasks_file: Path) -> int:
    """Do what `python tasks.py ARGUMENTS` asks, with nothing installed yet; return the exit code."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("--list", [])
    summaries = {**task_summaries(tasks_file), **COMMANDS}
    if name in {"--list", "-l", "--help", "-h"}:
        width = max(map(len, summaries))
        print("\n".join(f"{name:{width}} {summaries[name]}" for name in sorted(summaries)))
        return 0
    if name not in summaries:
        print(f"error: no task `{name}`\nhint: {nearest(name, sorted(summaries))}", file=sys.stderr)
        return 2
    try:
        install(torch_choice(rest) if name == "install" else None)
        if name == "install":
            return 0
        return execute(rest if name == "run" else [str(PYTHON), "-m", "invoke", "--search-root", str(ROOT), *arguments])
    except BootstrapError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def task_summaries(tasks_file: Path) -> dict[str, str]:
    """Return each task with the first line of its docstring, read from the text: invoke may not be there yet."""
    tree = ast.parse(tasks_file.read_text(encoding="utf-8"))
    tasks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    return {task_name(node): (ast.get_docstring(node) or "").partition("\n")[0] for node in tasks}


def task_name(node: ast.FunctionDef) -> str:
    """Return what a task is called: `@task(name="group.task")`, else its function's name."""
    calls = [decorator for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
    given = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "name"]
    return str(ast.literal_eval(given[0])) if given else node.name.replace("_", "-")


def nearest(name: str, names: list[str]) -> str:
    """Return a sentence that names the task nearest to `name`, or all tasks."""
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean `{close[0]}`?" if close else "tasks: " + ", ".join(names)


def torch_choice(arguments: list[str]) -> str | None:
    """Return the value of `--torch`, or None where it is not given."""
    parser = argparse.ArgumentParser(prog="tasks.py install", allow_abbrev=False, description=COMMANDS["install"])
    parser.add_argument(
        "--torch",
        metavar="BUILD",
        help="auto, cpu, cu128, ... as uv names them; `locked` goes back; `none` reads and judges, and trains nothing",
    )
    choice: str | None = parser.parse_args(arguments).torch
    return choice


def install(torch: str | None) -> None:
    """Make `.venv` hold exactly what the locks name, and this package; at once when it already does.

    `torch` is one of uv's torch backends, `locked` for the build in the lock, `none` for an environment without it,
    None for what was chosen before.
    """
    old = json.loads(STAMP.read_text(encoding="utf-8")) if STAMP.is_file() else {}
    new = {"root": str(ROOT), "inputs": inputs_hash(), "torch": torch or old.get("torch", LOCKED_TORCH)}
    if old == new and PYTHON.exists():
        return
    start = time.monotonic()
    STAMP.unlink(missing_ok=True)
    # Scripts in an environment name its folder: one that was moved or copied is made again.
    if not PYTHON.exists() or old.get("root", str(ROOT)) != str(ROOT):
        say(f"making {VENV} with Python {sys.version.split()[0]}")
        must("python -m venv failed", sys.executable, "-m", "venv", "--clear", VENV)
    install_locks(new["torch"])
    STAMP.write_text(json.dumps(new), encoding="utf-8")
    say(f"the environment is ready ({time.monotonic() - start:.0f} s)")


def inputs_hash() -> str:
    """Return a hash of the files that decide what is installed."""
    files = (REQUIREMENTS / "uv.txt", REQUIREMENTS / "dev.txt", ROOT / "pyproject.toml")
    return hashlib.sha256(b"\0".join(path.read_bytes().replace(b"\r\n", b"\n") for path in files)).hexdigest()


def install_locks(torch: str) -> None:
    """Install uv by hash, with it the locked packages by hash, then this package without its dependencies."""
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    must("installing uv failed", *pip, "--require-hashes", "--requirement", REQUIREMENTS / "uv.txt")
    # On a terminal uv draws its progress; elsewhere it would only list every package.
    uv = (BIN / "uv", "pip", *([] if sys.stderr.isatty() else ["--quiet"]))
    target = ("--python", PYTHON)
    lock = REQUIREMENTS / "dev.txt"
    if torch != LOCKED_TORCH:
        rest = VENV / "dev-without-torch.txt"
        rest.write_text(without_torch(lock.read_text(encoding="utf-8")), encoding="utf-8")
        lock = rest
    say(f"installing {lock.name} (the first time takes minutes)")
    must("installing the locked packages failed", *uv, "sync", *target, "--require-hashes", lock)
    if torch not in {LOCKED_TORCH, NO_TORCH}:
        # Another build comes from PyTorch's own index, whose hashes no lock holds; its version stays the locked one.
        say(f"installing torch for {torch}")
        must("installing torch failed", *uv, "install", *target, "--torch-backend", torch, *torch_versions())
    say("installing winnow itself")
    package = ("--no-deps", "--no-build-isolation", "--editable", ROOT)
    must("installing winnow itself failed", *uv, "install", *target, *package)


def lock_entries(lock: str) -> list[str]:
    """Split a lock into its entries: each a requirement with its hashes and comments."""
    entries: list[str] = []
    for line in lock.splitlines(keepends=True):
        if line[0].isalnum():
            entries.append(line)
        else:
            entries[-1] += line
    return entries


def without_torch(lock: str) -> str:
    """Return the lock without torch, torchvision and the gigabytes of CUDA that their locked Linux build brings."""
    stack = ("torch==", "torchvision==", "triton==", "nvidia-", "cuda-")
    return "".join(entry for entry in lock_entries(lock) if not entry.startswith(stack))


def torch_versions() -> list[str]:
    """Return the locked requirements of torch and torchvision, without hashes."""
    entries = lock_entries((REQUIREMENTS / "dev.txt").read_text(encoding="utf-8"))
    return [entry.split()[0] for entry in entries if entry.startswith(("torch==", "torchvision=="))]


def say(message: str) -> None:
    """Tell what happens, on stderr: stdout belongs to the command that `run` runs."""
    print("tasks:", message, file=sys.stderr, flush=True)


def must(problem: str, *command: object) -> None:
    """Run a command that prints the reason when it fails; then raise BootstrapError, which names the `problem`."""
    try:
        code = subprocess.call([str(word) for word in command], cwd=ROOT)
    except OSError as error:
        raise BootstrapError(f"{problem}: {error}") from None
    if code:
        hint = "mend the reason above and run this again; what was downloaded is kept"
        raise BootstrapError(f"{problem} (exit code {code})\nhint: {hint}")


def environment() -> dict[str, str]:
    """Return the variables that activating `.venv` would set."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    path = os.pathsep.join([str(BIN), variables.get("PATH", os.defpath)])
    # Where Python may not keep what it compiled, each process compiles torch anew, for seconds. In `.venv` it may keep.
    if variables.pop("PYTHONDONTWRITEBYTECODE", ""):
        variables.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "bytecode"))
    return {**variables, "VIRTUAL_ENV": str(VENV), "PATH": path}


def execute(command: list[str]) -> int:
    """Run a command inside `.venv`, in the caller's folder, and return its exit code."""
    variables = environment()
    program = shutil.which(command[0], path=variables["PATH"]) if command else None
    if program is None:
        raise BootstrapError(f"expected `run CMD ARGS...`, found no command `{' '.join(command[:1])}`")
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(program, command, variables)  # signals and the exit code are then the command's own
    child = subprocess.Popen([program, *command[1:]], env=variables)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the child too, which may have something to save
    return child.wait()
