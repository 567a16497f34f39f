"""Run an image that was just built: as who it is meant to be run, on a root that nobody can write to."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tooling.image_roles import Role
from tooling.running import Command, must

# Run inside; the first word is what must not be there.
PROBE = """
import importlib.util, os, sys
if os.getuid() == 0:
    sys.exit("runs as root")
present = [name for name in sys.argv[1].split(",") if name and importlib.util.find_spec(name)]
if present:
    sys.exit(f"holds {', '.join(present)}")
writable = [path for path in ("/", "/opt/winnow", "/project") if os.access(path, os.W_OK)]
if writable:
    sys.exit(f"may write to {', '.join(writable)}")
import winnow.cli.main
print("the image runs: user", os.getuid(), "on a root that it cannot write to")
"""
LOCKED_UP = ("--read-only", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


def trials(engine: str, role: Role, name: str) -> Iterator[Command]:
    """Yield the commands that try an image; each must end with exit code 0."""
    absent = ",".join(sorted(role.forbidden))
    starts = [("python", "-c", PROBE, absent), ("winnow", "--version")]
    if role.loads:
        starts.append(("python", "-c", role.loads))
    if engine == "buildah":
        yield from (("buildah", "run", "--isolation", "chroot", name, "--", *words) for words in starts)
        return
    for program, *words in starts:
        yield (engine, "run", "--rm", *LOCKED_UP, "--entrypoint", program, name, *words)


@contextmanager
def runnable(engine: str, name: str) -> Iterator[str]:
    """Yield what the engine runs of an image: its name, or for buildah, which runs nothing else, a container of it."""
    if engine != "buildah":
        yield name
        return
    run = subprocess.run(["buildah", "from", "--pull-never", name], capture_output=True, encoding="utf-8", check=True)  # noqa: S603, S607
    container = run.stdout.strip()
    try:
        yield container
    finally:
        must("buildah", "rm", container)
