import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from winnow.compute.cluster import RayPool, describe_machine
from winnow.errors import MachineError

PROGRAM = Path(__file__).with_name("on_a_cluster.py")
# A network with nothing but loopback, and processes that end with the first of them.
ALONE = ("unshare", "--net", "--pid", "--fork", "--mount-proc")
AS_ROOT = (*ALONE, "--user", "--map-root-user")
LOOPBACK_UP = ("bash", "-c", 'ip link set lo up; exec "$@"', "alone")


def isolation() -> tuple[str, ...]:
    """Return the command that runs another one in a network of its own; nothing where this machine has no such."""
    if shutil.which("unshare") is None:
        return ()
    for prefix in (ALONE, AS_ROOT):
        if subprocess.run([*prefix, *LOOPBACK_UP, "true"], capture_output=True, check=False).returncode == 0:
            return (*prefix, *LOOPBACK_UP)
    return ()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a cluster on a network of its own")
def test_a_real_cluster_does_what_local_processes_do(tmp_path: Path) -> None:
    quiet = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*isolation(), sys.executable, PROGRAM, tmp_path],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["no cluster"][0] == "MachineError"
    assert "no Ray cluster answers" in told["no cluster"][1]
    assert "RAY_ADDRESS" in told["no cluster"][2]
    assert told["order"] == [2 * number for number in range(30)]
    assert told["elsewhere"]
    assert told["read ahead"] <= 10 + 2 * 2 + 1
    assert told["same files"] == [0, 2, 4]
    assert told["other files"][0] == "MachineError"
    assert "differs in the file /proc/self/cmdline" in told["other files"][1]
    assert told["our error"][0] == "ImageProblem"
    assert told["our error"][2].startswith("readable formats")
    assert told["our error"][3] == "Q101"
    assert told["other error"][:2] == ["ZeroDivisionError", "division by zero"]
    assert told["same bytes"]
    assert told["killed"][:2] == ["MachineError", "a worker of the Ray cluster was killed: WorkerCrashedError"]
    assert "differs in winnow's code: expected of another v, got" in told["other code"][1]


def test_without_ray_it_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MachineError, match="Ray is not installed") as caught:
        RayPool(None)
    assert "winnow[ray]" in caught.value.hint
    assert "project.compute: local" in caught.value.hint


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_dead_address_is_told_at_once(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"{scheme}127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    monkeypatch.setitem(sys.modules, "ray", sys)  # stands in for Ray, whose import takes a second
    with pytest.raises(MachineError, match=f"no Ray cluster answers: {address}"):
        RayPool(None)


def test_a_machine_is_described_by_what_decides_bytes(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"one")
    first = describe_machine(str(file))
    assert {"Python", "winnow's code", "numpy", "pillow", "pyarrow", f"the file {file}"} == set(first)
    assert describe_machine(str(file)) == first
    file.write_bytes(b"two")
    second = describe_machine(str(file))
    assert [what for what in first if first[what] != second[what]] == [f"the file {file}"]
    assert describe_machine(str(tmp_path / "absent"))[f"the file {tmp_path / 'absent'}"] == "No such file or directory"
    assert describe_machine(str(tmp_path))[f"the file {tmp_path}"] == "no file"
