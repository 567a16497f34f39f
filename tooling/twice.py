"""The same pipeline twice, in two folders and from nothing: the same bytes must come out."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from invoke import Exit
from ruamel.yaml import YAML

from tooling.digits import lay_out, write_params
from tooling.running import ROOT, must, say

SCRATCH = ROOT / ".winnow" / "twice"
# Of training the shortest that meets warm-up, decay and the averaged weights.
EPOCHS = 3


def digits(folder: Path) -> None:
    """Lay out the project of the digits, with its images."""
    lay_out(folder, with_git=False)
    write_params(folder, epochs=EPOCHS)
    must("winnow", "add", "sklearn:digits", folder=folder)


def run_twice(make: Callable[[Path], None] = digits, scratch: Path = SCRATCH) -> None:
    """Make a project twice and run each; end with exit code 1 where an output differs, and name it."""
    folders = [scratch / name for name in ("first", "second")]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)
        # A cache that both share by the user's settings would hand the first run's outputs to the second.
        must("dvc", "repro", "--no-run-cache", folder=folder)
    first, second = (outputs(folder) for folder in folders)
    if found := [line for name in different(first, second) for line in described(name, *folders)]:
        raise Exit("\n".join(["two runs gave different outputs:", *found]), code=1)
    say(f"two runs gave the same {len(first)} outputs:", *sorted(first))


def outputs(folder: Path) -> dict[str, Any]:
    """Return what dvc.lock and the tracked images of a project say about each output: its hash and its size."""
    reader = YAML(typ="safe", pure=True)
    stages = reader.load((folder / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    found = {out["path"]: out for stage in stages.values() for out in stage.get("outs", [])}
    for path in sorted((folder / "data").glob("*.dvc")):
        (out,) = reader.load(path.read_text(encoding="utf-8"))["outs"]
        found[f"data/{out['path']}"] = out
    return found


def different(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """Return the outputs whose hashes differ, or that only one run has."""
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))


def described(name: str, first: Path, second: Path) -> Iterator[str]:
    """Yield a line for an output that differs; for a folder, one for each file in it that does."""
    if not (first / name).is_dir():
        yield f"  {name}"
        return
    files = {path.relative_to(each / name) for each in (first, second) for path in (each / name).rglob("*")}
    for file in sorted(files):
        if content(first / name / file) != content(second / name / file):
            yield f"  {name}: {file.as_posix()}"


def content(path: Path) -> bytes | None:
    """Return the bytes of a file; None where there is none."""
    return path.read_bytes() if path.is_file() else None
