"""A Ray cluster that is there already: its machines must run this very code and see the same files.

Nothing here starts a cluster. Which one is meant is Ray's business: RAY_ADDRESS, else the one that this machine is in.
"""

import hashlib
import logging
import os
import platform
import socket
import stat
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from winnow.compute.errands import Errand
from winnow.errors import MachineError
from winnow.provenance import SOURCE, code_hash

# One process takes the results and writes files: it could not keep more workers than this busy.
MAX_WORKERS = 128

_PACKAGES = ("numpy", "pillow", "pyarrow")
"""Together with our own code these decide the bytes of every result."""
_WITNESS_BYTES = 1 << 16
_ANSWER_S = 60
_KNOCK_S = 5
_GO_LOCAL = "or set `project.compute: local` in params.yaml"


class RayPool:
    """The workers of the cluster, one a core."""

    def __init__(self, witness: str | None) -> None:
        """Connect, and ask every machine whether it fits; `witness` is a file that the workers will read.

        Raises MachineError without Ray, without a cluster, and for a machine with other code or other files.
        """
        self._ray = _connect()
        _require_alike(self._ray, witness)
        self.num_workers = max(1, min(int(self._ray.cluster_resources().get("CPU", 1)), MAX_WORKERS))
        self._run: Any = self._ray.remote(run_errand)

    def submit(self, errand: Errand, item: Any) -> Any:
        """Begin `errand(item)`. Ray tries three times more when a worker or its machine goes away."""
        return self._run.remote(errand, item)

    def result(self, ticket: Any) -> Any:
        """Return what the errand brought. Raises MachineError when its workers were killed each time."""
        exceptions = self._ray.exceptions
        try:
            return self._ray.get(ticket)
        except exceptions.RayTaskError as error:
            raise error.cause from error
        except exceptions.RayError as error:
            raise MachineError(
                f"a worker of the Ray cluster was killed: {type(error).__name__}",
                hint="most likely its memory ran out: give each core of the cluster more, and run the command again",
            ) from error

    def cancel(self, ticket: Any) -> None:
        """Take back what has not begun."""
        self._ray.cancel(ticket)


def run_errand(errand: Errand, item: Any) -> Any:
    """Return `errand(item)`: what runs on the cluster."""
    return errand(item)


def describe_machine(witness: str | None) -> dict[str, str]:
    """Return what must be the same on every machine: Python, our code, the packages that make bytes, the files."""
    facts = {"Python": ".".join(platform.python_version_tuple()[:2]), "winnow's code": code_hash(__name__, SOURCE)[:12]}
    facts |= {name: metadata.version(name) for name in _PACKAGES}
    return facts if witness is None else {**facts, f"the file {witness}": _glance(witness)}


def _glance(path: str) -> str:
    """Return what tells a file from another one: its size and how it begins; or why it cannot be read."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return "no file"
        with Path(path).open("rb") as stream:
            return f"{status.st_size} bytes, {hashlib.sha256(stream.read(_WITNESS_BYTES)).hexdigest()[:12]}"
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)


def _connect() -> ModuleType:
    try:
        import ray
    except ImportError as error:
        raise MachineError(
            "`project.compute` is ray, and Ray is not installed", hint=f"pip install winnow[ray], {_GO_LOCAL}"
        ) from error
    _knock(os.environ.get("RAY_ADDRESS", ""))
    if not ray.is_initialized():
        try:
            ray.init(address="auto", log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, RuntimeError) as error:
            raise _no_cluster(str(error)) from error
    return ray


def _knock(address: str) -> None:
    """Raise MachineError at once when nobody listens at RAY_ADDRESS: Ray itself would go on trying for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal()):
        return
    try:
        socket.create_connection((host, int(port)), timeout=_KNOCK_S).close()
    except OSError as error:
        raise _no_cluster(f"{address}: {error.strerror or error}") from error


def _no_cluster(reason: str) -> MachineError:
    return MachineError(
        f"`project.compute` is ray, and no Ray cluster answers: {reason}",
        hint=f"run this on a machine of the cluster, set RAY_ADDRESS, {_GO_LOCAL}; docs/scale.md tells more",
    )


def _require_alike(ray: Any, witness: str | None) -> None:
    """Raise MachineError unless every machine of the cluster that has cores is like this one."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    path = None if witness is None else str(Path(witness).absolute())
    here = describe_machine(path)
    ask = ray.remote(num_cpus=0)(describe_machine)
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    asked = [(node, _on(ask, NodeAffinitySchedulingStrategy(node["NodeID"], soft=False), path)) for node in nodes]
    for node, answer in asked:
        name = node["NodeManagerAddress"]
        try:
            there = ray.get(answer, timeout=_ANSWER_S)
        except ray.exceptions.RayError as error:
            raise MachineError(
                f"the cluster's machine {name} cannot run winnow: {str(error).strip().splitlines()[-1]}",
                hint=f"install the same environment on every machine, {_GO_LOCAL}",
            ) from error
        for what, expected in here.items():
            if there.get(what) != expected:
                raise MachineError(
                    f"the cluster's machine {name} differs in {what}: expected {expected}, got {there.get(what)}",
                    hint=f"give all machines one environment and one shared folder (docs/scale.md), {_GO_LOCAL}",
                )


def _on(ask: Any, strategy: Any, path: str | None) -> Any:
    return ask.options(scheduling_strategy=strategy).remote(path)
