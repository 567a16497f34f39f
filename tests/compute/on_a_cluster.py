"""A program for a network of its own: starts a Ray cluster, works on it, and prints what happened as JSON.

Ray listens on all addresses, so the test runs this where there is none but loopback.
"""

import functools
import itertools
import json
import operator
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from PIL import Image

from winnow.compute import cluster
from winnow.compute.mapping import map_ordered
from winnow.config import read_section
from winnow.data import pixel_store
from winnow.data.config import PrepareConfig
from winnow.data.parts import list_parts, part_ids
from winnow.errors import WinnowError
from winnow.ingest import intake
from winnow.pipeline import add
from winnow.project import Project
from winnow.project_config import Compute
from winnow.transforms.decode import ImageProblem, decode

HEAD = """
import ray, sys
ray.init(address="local", num_cpus=2, include_dashboard=False, object_store_memory=80_000_000, log_to_driver=False,
         _node_ip_address="127.0.0.1", _temp_dir=sys.argv[1])
print("at", ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
"""


def main(folder: Path) -> None:
    told = {"no cluster": problem(map_on_ray, "double", range(2)), **with_cluster(folder)}
    sys.stdout.write(json.dumps(told) + "\n")


def with_cluster(folder: Path) -> dict[str, Any]:
    with running_cluster() as address:
        os.environ["RAY_ADDRESS"] = address
        told = {
            "order": list(map_on_ray("double", range(30))),
            "elsewhere": os.getpid() not in set(map_on_ray("process", range(4))),
            "read ahead": read_ahead(),
            "same files": list(map_on_ray("double", range(3), witness=__file__)),
            "other files": problem(map_on_ray, "double", range(2), witness="/proc/self/cmdline"),
            "our error": problem(map_on_ray, "decode", [b"no image", b"none"]),
            "other error": problem(map_on_ray, "invert", [1, 2, 0, 4]),
            "same bytes": results(folder / "local", "local") == results(folder / "ray", "ray"),
            "killed": problem(map_on_ray, "die", range(1)),
        }
        cluster.code_hash = lambda *_: "of another version"
        return {**told, "other code": problem(map_on_ray, "double", range(2))}


@contextmanager
def running_cluster() -> Iterator[str]:
    """Yield the address of a cluster that ends with the process that started it."""
    # Not below the test's own folder: the path of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory() as scratch:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        head = subprocess.Popen([sys.executable, "-c", HEAD, scratch], **pipes)
        try:
            yield next(line.split()[1] for line in head.stdout or () if line.startswith("at "))
        finally:
            # Before the cluster goes: whoever is connected then waits a minute for it, and dies.
            ray.shutdown()
            head.communicate()


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "double": functools.partial(operator.mul, 2),
    "process": lambda _: os.getpid(),
    "decode": functools.partial(decode, max_pixels=9),
    "invert": functools.partial(operator.truediv, 1),
    "die": lambda _: os.kill(os.getpid(), signal.SIGKILL),
}


def map_on_ray(function: str, items: Any, witness: str | None = None) -> Iterator[Any]:
    return map_ordered(FUNCTIONS[function], items, compute="ray", witness=witness, inline_items=0)


def read_ahead() -> int:
    """Return how many items are taken from an endless source for ten results."""
    numbers = itertools.count()
    results = map_on_ray("double", numbers)
    list(itertools.islice(results, 10))
    results.close()
    return next(numbers)


def problem(call: Callable[..., Iterator[Any]], *arguments: Any, **options: Any) -> list[str]:
    try:
        return ["none", *map(str, call(*arguments, **options))]
    except WinnowError as error:
        check = [error.check] if isinstance(error, ImageProblem) else []
        return [type(error).__name__, error.message, error.hint, *check]
    except ArithmeticError as error:
        return [type(error).__name__, str(error)]


def results(root: Path, compute: Compute) -> dict[str, bytes]:
    """Add a few pictures with this engine, make their pixels, and return what was written."""
    intake.INLINE_CHUNKS = pixel_store._INLINE_IMAGES = 0
    project = Project(root)
    for number in range(36):
        path = root / "raw" / f"class {number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 7), (number, 7 * number % 256, 255 - number)).save(path)
    shipped = (Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8")
    project.params.write_text(shipped.replace("compute: local", f"compute: {compute}"), encoding="utf-8")
    add.run(project, str(root / "raw"), track=False)
    parts = {part: len(part_ids(part)) for part in list_parts(project.images)}
    spec = read_section(project, "prepare", PrepareConfig).spec()
    pixel_store.bring_up_to_date(project.prepared, parts, spec, compute=compute)
    written = (path for path in (root / "data").rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in written}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
