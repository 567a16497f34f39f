"""A release onto this machine: a process a stage, which changes its model; what fails leaves the old one answering."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tiny_onnx import about, save_means

from winnow.attestation import Attestation, take_sums, write_attestation

ROOT = Path(__file__).parents[2]
QUICK = ["--watch-s=0.1", "--pause-s=0.005", "--ready-s=10"]

pytestmark = pytest.mark.slow


def model(folder: Path, version: str, labels: tuple[str, ...] = ("red", "green", "blue")) -> Path:
    """Write a registered model, as `winnow pull-model` leaves it."""
    path = folder / version
    save_means(path / "onnx" / "model.onnx", (np.eye(3) / 100).tolist(), about(list(labels)).to_metadata())
    tag, sums = f"classifier@{version}", take_sums(path)
    write_attestation(path, Attestation(tag=tag, commit="c" * 40, signature="none", files=sums))
    return path


def is_free(port: int) -> bool:
    """Return whether nobody has a port; below those that systems hand out, so that none is taken meanwhile."""
    with socket.socket() as found:
        return found.connect_ex(("127.0.0.1", port)) != 0


class Desk:
    """A machine with its releases."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, folder / "state"
        # Staging, which the tests use, takes the next one.
        self.port = next(port for port in range(20_000 + os.getpid() % 5_000, 32_000, 2) if is_free(port + 1))

    def release(self, version: str, *words: str, stage: str = "staging", model: Path | None = None) -> int:
        from deploy.release.__main__ import main

        fixed = ["--target=local", f"--stage={stage}", f"--model=classifier@{version}", f"--port={self.port}"]
        places = [f"--state={self.state}", f"--record={self.folder / 'record'}"]
        return main([*fixed, *places, f"--folder={model or self.folder / version}", *QUICK, *words])

    def known(self, stage: str = "staging") -> Any:
        return json.loads((self.state / f"{stage}.json").read_text())

    def ask(self, stage: str = "staging") -> str:
        from deploy.release.asking import Service

        port = self.port + (stage == "staging")
        content = json.loads(Service(f"http://127.0.0.1:{port}").ask("/v1/model").body or b"{}")
        return str(content.get("version"))

    def end(self) -> None:
        for path in self.state.glob("*.json"):
            for who in ("service", "candidate"):
                process = (json.loads(path.read_text()).get(who) or {}).get("pid")
                if process and psutil.pid_exists(process):
                    os.kill(process, signal.SIGTERM)
                    psutil.wait_procs([psutil.Process(process)], timeout=30)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.syspath_prepend(str(ROOT))
    made = Desk(tmp_path)
    for version in ("v1.0.0", "v1.1.0"):
        model(tmp_path, version)
    yield made
    made.end()


def test_a_process_changes_its_model_goes_back_and_is_started_again_when_it_is_gone(desk: Desk) -> None:
    assert desk.release("v1.0.0") == 0
    assert desk.ask() == "v1.0.0"
    process = psutil.Process(desk.known()["service"]["pid"])
    assert desk.release("v1.1.0") == 0
    assert desk.ask() == "v1.1.0"
    state = desk.known()
    assert state["service"]["pid"] == process.pid
    assert state["candidate"] is None
    if os.name != "nt":
        assert (desk.state / "staging.json").stat().st_mode & 0o077 == 0
    assert state["token"] not in (desk.folder / "record" / "steps.jsonl").read_text()
    assert desk.release("v1.1.0", "--put-back") == 0
    assert desk.ask() == "v1.0.0"
    process.kill()
    process.wait(30)
    assert desk.release("v1.0.0") == 0
    assert desk.ask() == "v1.0.0"


def test_a_candidate_that_fails_its_smoke_test_changes_nothing(desk: Desk) -> None:
    assert desk.release("v1.0.0") == 0
    (desk.folder / "v1.1.0" / "onnx" / "model.onnx").write_bytes(b"somebody changed it")
    assert desk.release("v1.1.0") == 1
    assert desk.ask() == "v1.0.0"
    another = model(desk.folder / "other", "v3.0.0")
    assert desk.release("v1.2.0", model=another) == 1
    assert desk.ask() == "v1.0.0"
    assert desk.known()["candidate"] is None


@pytest.mark.skipif(find_spec("locust") is None, reason="winnow load needs locust")
def test_staging_is_asked_under_load_and_given_back_when_a_limit_is_broken(desk: Desk) -> None:
    load = ("--load-rate=30", "--load-s=1")
    assert desk.release("v1.0.0", *load) == 0
    summary = json.loads((desk.folder / "record" / "summary.json").read_text())
    assert summary["stages"]["staging"]["load"]["num_answered"] > 0
    assert desk.release("v1.1.0", *load, "--max-p95-ms=0.001") == 1
    assert "p95" in json.loads((desk.folder / "record" / "summary.json").read_text())["error"]
    assert desk.ask() == "v1.0.0"


def test_the_first_release_that_fails_leaves_nothing_behind(desk: Desk) -> None:
    another = model(desk.folder / "other", "v3.0.0")
    assert desk.release("v1.2.0", model=another) == 1
    assert desk.ask() == "None"
    assert not [
        each for each in psutil.process_iter(["cmdline"]) if str(another) in " ".join(each.info["cmdline"] or [])
    ]


def test_a_dry_run_shows_everything_and_starts_nothing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.release("v1.0.0", "--dry-run", stage="production", model=desk.folder / "nowhere") == 0
    printed = capsys.readouterr().out
    assert printed.count("winnow serve ") == 4
    assert "no user is sent to the candidate on this machine" not in printed
    assert not desk.state.exists()


def test_a_folder_without_an_attestation_is_refused_before_anything_starts(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.release("v1.0.0", model=desk.folder) == 2
    assert "`winnow pull-model` writes it" in capsys.readouterr().err
    assert not desk.state.exists()
