"""Build the wheel into dist/, and see that it holds what Git tracks: nothing forgotten, nothing that lay around."""

import subprocess
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

from invoke import Exit

from tooling.running import ROOT, must, program, say

PACKAGE = "src/winnow"
METADATA = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")


def build_wheel(root: Path = ROOT) -> Path:
    """Build the wheel of the checkout in `root`, check its files, and return where it lies."""
    dist = root / "dist"
    for old in dist.glob("*.whl"):
        old.unlink()
    must("python", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(dist), folder=root)
    wheel = the_wheel(dist)
    with zipfile.ZipFile(wheel) as archive:
        members = set(archive.namelist())
    wanted = wanted_members(tracked_files(root), version(root))
    found = [f"in the wheel, not tracked by Git: {name}" for name in sorted(members - wanted)]
    found += [f"tracked by Git, not in the wheel: {name}" for name in sorted(wanted - members)]
    if found:
        wheel.unlink()
        raise Exit("\n".join([*found, "hint: `git add` what belongs to it, remove what does not, build again"]), code=1)
    say(f"{wheel.relative_to(root).as_posix()}: {len(members)} files, those that Git tracks and their metadata")
    return wheel


def the_wheel(dist: Path) -> Path:
    """Return the one wheel in a folder."""
    wheels = sorted(dist.glob("*.whl"))
    if len(wheels) != 1:
        raise Exit(f"expected one wheel in {dist}, found {len(wheels)}\nhint: python tasks.py wheel", code=2)
    return wheels[0]


def wanted_members(tracked: Iterable[str], release: str) -> set[str]:
    """Return the names that the wheel must hold."""
    return {name.removeprefix("src/") for name in tracked} | {f"winnow-{release}.dist-info/{name}" for name in METADATA}


def tracked_files(root: Path) -> list[str]:
    """Return the files of the package that Git tracks."""
    command = [program("git"), "ls-files", "-z", "--", PACKAGE]
    run = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    if run.returncode:
        raise Exit(f"Git does not say which files it tracks: {run.stderr.strip()}", code=2)
    return [name for name in run.stdout.split("\0") if name]


def version(root: Path = ROOT) -> str:
    """Return the version of pyproject.toml."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])
