"""A real repository on disk: Git, DVC, the package's own sources, and generated images."""

import contextlib
import logging
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO
from unittest import mock

import colorama.initialise
import numpy as np
from dvc.cli import main as dvc_main
from PIL import Image
from ruamel.yaml import YAML

from winnow.cli.main import main as winnow_main
from winnow.logs import logger

CHECKOUT = Path(__file__).parents[2]
CLASSES = ("bars", "blobs", "rings")
# What Python compiles is kept, but not in the checkouts of tests: compiling torch anew takes a process seconds.
BYTECODE = {"PYTHONPYCACHEPREFIX": str(Path(sys.prefix) / "bytecode")}


def environment() -> dict[str, str]:
    """The shell that `dvc repro` needs: winnow on the PATH, no analytics, a Git identity, one thread."""
    unwanted = ("GIT_", "DVC_", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), inherited["PATH"]]),
        **BYTECODE,
        "DVC_NO_ANALYTICS": "1",
        "OMP_NUM_THREADS": "1",
        "CI": "true",
        **{f"GIT_{who}_{what}": "tester@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }


def call(folder: Path, *command: str, status: int = 0) -> str:
    """Run a command in `folder`; expect `status`; return what it printed, stderr included."""
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == status, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def git(folder: Path, *arguments: str) -> str:
    """Run Git in `folder`, in a tester's name; return what it printed."""
    return call(folder, "git", *arguments).strip()


def winnow(folder: Path, *arguments: str, status: int = 0) -> str:
    """Run `winnow` in `folder` as its console script does; return what it and what it started printed."""
    return call_here(folder, winnow_status, "winnow", *arguments, status=status)


def dvc(folder: Path, *arguments: str, status: int = 0) -> str:
    """Run DVC in `folder`; return what it and what it started printed."""
    return call_here(folder, dvc_status, "dvc", *arguments, status=status)


def call_here(folder: Path, run: Callable[[], int], *command: str, status: int) -> str:
    """Run a command that is a function, in this process: another one would import for seconds."""
    with TemporaryFile("w+", encoding="utf-8") as stdout, TemporaryFile("w+", encoding="utf-8") as stderr:
        with entered(folder, command), taken("stdout", stdout), taken("stderr", stderr), own_log_lines():
            ended = run()
        stdout.seek(0)
        stderr.seek(0)
        printed = stdout.read() + stderr.read()
    assert ended == status, f"{command} ended with {ended}\n{printed}"
    return printed


def winnow_status() -> int:
    try:
        winnow_main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def dvc_status() -> int:
    with ExitStack() as stack:
        # Its handlers hold the streams of the moment when it was imported, and colorama puts those back.
        for handler in logging.getLogger("dvc").handlers:
            stream = sys.stderr if handler.level >= logging.WARNING else sys.stdout
            stack.enter_context(mock.patch.object(handler, "stream", stream))
        for name in ("orig_stdout", "orig_stderr", "wrapped_stdout", "wrapped_stderr"):
            stack.enter_context(mock.patch.object(colorama.initialise, name, None))
        stack.enter_context(warnings.catch_warnings(action="ignore"))
        return int(dvc_main(sys.argv[1:]))


@contextmanager
def entered(folder: Path, command: Sequence[str]) -> Iterator[None]:
    """Work in `folder`, with a command's words and the variables of a shell of its own."""
    words = mock.patch.object(sys, "argv", list(command))
    with words, mock.patch.dict(os.environ, environment(), clear=True), contextlib.chdir(folder):
        yield


@contextmanager
def taken(name: str, stream: TextIO) -> Iterator[None]:
    """Send one of Python's streams to a file, and the file descriptor that child processes inherit."""
    number = {"stdout": 1, "stderr": 2}[name]
    kept = os.dup(number)
    try:
        os.dup2(stream.fileno(), number)
        with mock.patch.object(sys, name, stream):
            yield
    finally:
        stream.flush()
        os.dup2(kept, number)
        os.close(kept)


@contextmanager
def own_log_lines() -> Iterator[None]:
    """Leave the logger to the next test as it was."""
    before = logger.handlers[:], logger.level, logger.propagate
    try:
        yield
    finally:
        logger.handlers[:], logger.propagate = before[0], before[2]
        logger.setLevel(before[1])


def tiny_picture(rng: np.random.Generator, kind: str, size: int) -> np.ndarray:
    """Draw one of three kinds that a small network tells apart in an epoch or two; uint8 [size, size, 3]."""
    y, x = np.mgrid[:size, :size] / size
    centre_y, centre_x = rng.uniform(0.35, 0.65, 2)
    radius = np.hypot(y - centre_y, x - centre_x)
    shape = {
        "bars": np.sin(2 * np.pi * (x * 4 + rng.uniform())) > 0,
        "blobs": radius < 0.3,
        "rings": np.abs(radius - 0.3) < 0.08,
    }[kind]
    noise = rng.integers(0, 60, (size, size, 3))
    return (shape[..., None] * 180 + noise).astype(np.uint8)


def save_class_folders(folder: Path, *, per_class: int, size: int = 16, seed: int = 0) -> Path:
    """Write a folder per class with `per_class` PNG files each."""
    rng = np.random.default_rng(seed)
    for kind in CLASSES:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for number in range(per_class):
            Image.fromarray(tiny_picture(rng, kind, size)).save(folder / kind / f"{number:03d}.png")
    return folder


def write_params(folder: Path, **changes: object) -> None:
    """Write the shipped parameters, made small; `changes` maps dotted keys (with `__`) to values."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load((CHECKOUT / "params.yaml").read_text(encoding="utf-8"))
    small = {"prepare__size": 16, "prepare__channels": 3, "train__epochs": 12, "train__batch_size": 16}
    small |= {"train__ema_decay": None, "train__schedule__warmup_epochs": 0.0, "export__int8": False}
    # Two hundred batches of 32 on all cores, for which two processes wait, say nothing more about a file.
    small |= {"export__batch_sizes": [2], "export__threads": 1}
    for dotted, value in {**small, "evaluate__bootstrap_samples": 200, **changes}.items():
        *path, key = dotted.split("__")
        section = content
        for name in path:
            section = section[name]
        assert key in section, f"no parameter {dotted}"
        section[key] = value
    with (folder / "params.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)


def lay_out_project(folder: Path, *, code: str = "src/winnow", **changes: object) -> Path:
    """Put the files of a project into `folder`: parameters, the pipeline, custom/."""
    folder.mkdir(parents=True, exist_ok=True)
    write_params(folder, **changes)
    pipeline = (CHECKOUT / "dvc.yaml").read_text(encoding="utf-8")
    assert "code: src/winnow" in pipeline
    (folder / "dvc.yaml").write_text(pipeline.replace("code: src/winnow", f"code: {code}"), encoding="utf-8")
    shutil.copytree(CHECKOUT / "custom", folder / "custom", ignore=shutil.ignore_patterns("__pycache__"))
    return folder
