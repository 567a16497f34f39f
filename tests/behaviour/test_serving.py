"""`winnow serve` as a process: what deploys it gets on with it, and it ends as it is asked to."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from tiny_onnx import about, save_means

from winnow.attestation import Attestation, take_sums, write_attestation

ROOT = Path(__file__).parents[2]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A registered model, as `winnow pull-model` leaves it."""
    folder = tmp_path / "model"
    weights = (np.eye(3) / 100).tolist()
    save_means(folder / "onnx" / "model.onnx", weights, about(["red", "green", "blue"]).to_metadata())
    tag, sums = "classifier@v1.0.0", take_sums(folder)
    write_attestation(folder, Attestation(tag=tag, commit="c" * 40, signature="none", files=sums))
    return folder


@contextmanager
def service(model: Path, *words: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `winnow serve` on a free port; yield the process and its address."""
    command = [sys.executable, "-m", "winnow", "serve", str(model), "--port", "0", *words]
    process = subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        found = re.search(r"http://\S+", said)
        assert found is not None, said + process.stderr.read()
        reader = threading.Thread(target=process.stderr.read, daemon=True)  # a full pipe would stop it
        reader.start()
        yield process, found[0]
        process.terminate()
        process.wait(60)
        reader.join()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.slow
def test_the_smoke_test_of_a_release_passes_and_sigterm_ends_it_with_0(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from deploy.release.asking import Service
    from deploy.release.pictures import pictures
    from deploy.release.smoke import Expected, smoke

    with service(model, WINNOW_MODEL="classifier@v1.0.0", WINNOW_DRAIN_S="0") as (process, address):
        seen = smoke(Service(address), Expected("classifier@v1.0.0", 30), pictures())
        assert (seen["num_classes"], seen["num_pictures"]) == (3, len(pictures()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.slow
def test_another_model_than_the_one_expected_ends_the_command_with_2(model: Path) -> None:
    command = [sys.executable, "-m", "winnow", "serve", str(model), "--port", "0"]
    variables = {**os.environ, "WINNOW_MODEL": "classifier@v1.0.1"}
    run = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert "expected the model classifier@v1.0.1, found classifier@v1.0.0" in run.stderr
