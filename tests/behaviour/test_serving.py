"""`winnow serve` as a process: what deploys it gets on with it, and under load it loses nothing."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from stand_ins.clients import Crowd
from thumbnails import webp
from tiny_onnx import about, save_means

from winnow.attestation import Attestation, take_sums, write_attestation
from winnow.examples import EXAMPLES, write_examples
from winnow.traffic.reading import TrafficLog
from winnow.traffic.target import Folder

ROOT = Path(__file__).parents[2]


def save(folder: Path, version: str, *, size: int = 4) -> Path:
    """Write a registered model, as `winnow pull-model` leaves it."""
    weights, labels = (np.eye(3) / 100).tolist(), ["red", "green", "blue"]
    save_means(folder / "onnx" / "model.onnx", weights, about(labels, size=size).to_metadata(), size=size)
    write_examples(folder / "onnx" / EXAMPLES, [[webp(level) for level in (80, 160, 240)] for _ in labels])
    tag, sums = f"classifier@{version}", take_sums(folder)
    write_attestation(folder, Attestation(tag=tag, commit="c" * 40, signature="none", files=sums))
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return save(tmp_path / "model", "v1.0.0")


@pytest.fixture(scope="session")
def picture() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return str(answer.read(), "utf-8")


def metric(address: str, name: str) -> float:
    """Return a metric's value, 0 where it is not there yet."""
    lines = [line for line in get(f"{address}/metrics").splitlines() if line.startswith(f"{name} ")]
    return float(lines[0].split()[1]) if lines else 0.0


def wait_until_ready(address: str) -> None:
    from urllib.error import HTTPError

    for _ in range(600):
        try:
            get(f"{address}/readyz")
        except HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it did not become ready")


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
        wait_until_ready(found[0])
        yield process, found[0]
        process.terminate()
        process.wait(60)
        reader.join()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking it")


@needs_signals
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


@needs_signals
@pytest.mark.slow
def test_sigterm_under_load_loses_no_request(model: Path, picture: bytes) -> None:
    with service(model, WINNOW_DRAIN_S="1") as (process, address), Crowd(address, picture) as crowd:
        crowd.wait_for(200)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert crowd.lost == []
    assert set(crowd.statuses) == {200}


@pytest.mark.slow
def test_reloads_under_load_lose_no_request(tmp_path: Path, picture: bytes) -> None:
    first, second = save(tmp_path / "first", "v1.0.0"), save(tmp_path / "second", "v2.0.0")
    with service(first, WINNOW_ADMIN_TOKEN="boss") as (_, address), Crowd(address, picture) as crowd:
        for number in range(6):
            crowd.wait_for(crowd.num_answers + 50)
            body = json.dumps({"model": str(first if number % 2 else second)}).encode()
            request = urllib.request.Request(f"{address}/v1/admin/reload", body, {"X-Admin-Token": "boss"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert json.load(answer)["version"] == ("v1.0.0" if number % 2 else "v2.0.0")
    assert crowd.lost == []
    assert set(crowd.statuses) == {200}
    assert set(crowd.models) == {"classifier@v1.0.0", "classifier@v2.0.0"}


def logged_in(folder: Path, *words: str) -> tuple[str, ...]:
    """Return the options of a service that logs into `log` below a folder, by way of `buffer`."""
    return ("--log-to", str(folder / "log"), "--log-buffer", str(folder / "buffer"), *words)


def num_logged(folder: Path) -> int:
    entries = list(TrafficLog(Folder(folder / "log")).requests())
    places = {(entry.request_id, entry.image) for entry in entries}
    assert len(places) == len(entries), "an answer was logged twice"
    return len(entries)


@needs_signals
@pytest.mark.slow
def test_sigterm_under_load_leaves_every_answer_in_the_log(model: Path, picture: bytes, tmp_path: Path) -> None:
    words = logged_in(tmp_path, "--log-segment-s", "1000", "--drain-s", "2")
    with service(model, *words) as (process, address), Crowd(address, picture) as crowd:
        crowd.wait_for(200)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert crowd.lost == []
    assert num_logged(tmp_path) == crowd.statuses[200]


@needs_signals
@pytest.mark.slow
def test_what_was_noted_before_a_kill_is_uploaded_by_the_next_start(
    model: Path, picture: bytes, tmp_path: Path
) -> None:
    words = logged_in(tmp_path, "--log-segment-s", "1000")
    with service(model, *words) as (process, address), Crowd(address, picture) as crowd:
        crowd.wait_for(100)
        noted = metric(address, 'winnow_log_entries_total{kind="requests"}')
        process.kill()
        process.wait()
    assert noted > 0
    assert num_logged(tmp_path) == 0
    with service(model, *words):
        end = time.monotonic() + 20
        while num_logged(tmp_path) < noted:
            assert time.monotonic() < end, "it was not uploaded"
            time.sleep(0.05)
    assert num_logged(tmp_path) <= crowd.statuses[200] + crowd.num_clients, "asked for once, logged once"


@pytest.mark.slow
def test_a_log_whose_target_is_down_costs_no_answer_and_no_record(model: Path, picture: bytes, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    words = logged_in(tmp_path, "--log-segment-s", "0.1")
    with service(model, *words) as (_, address):
        with Crowd(address, picture) as crowd:
            crowd.wait_for(300)
        while metric(address, 'winnow_log_uploads_total{result="failed"}') == 0:
            time.sleep(0.05)
        (tmp_path / "log").unlink()
        while metric(address, "winnow_log_buffer_bytes"):
            time.sleep(0.05)
        metrics = get(f"{address}/metrics")
    assert crowd.lost == []
    assert set(crowd.statuses) == {200}
    assert "winnow_log_lost_total{" not in metrics
    assert num_logged(tmp_path) == crowd.statuses[200]


@pytest.mark.slow
def test_too_many_clients_are_sent_away_and_the_queue_stays_short(tmp_path: Path, picture: bytes) -> None:
    # A model that takes milliseconds, one worker, one image at once: a handful waits, of 64 that ask.
    model = save(tmp_path, "v1.0.0", size=1024)
    words = ("--workers", "1", "--max-batch", "1")
    with service(model, *words) as (process, address), Crowd(address, picture, num_clients=64) as crowd:
        while not crowd.statuses[503]:  # a burst may wait
            crowd.wait_for(crowd.num_answers + 20)
        before = psutil.Process(process.pid).memory_info().rss
        at_first, lengths = crowd.statuses.copy(), []
        while crowd.statuses[200] < at_first[200] + 200:
            lengths.append(metric(address, "winnow_queue_length"))
            crowd.wait_for(crowd.num_answers + 20)
        then = crowd.statuses - at_first
        grown = psutil.Process(process.pid).memory_info().rss - before
        num_refused = metric(address, 'winnow_refused_total{type="overloaded"}')
    assert crowd.lost == []
    assert set(crowd.statuses) == {200, 503}
    assert then[503] > then[200]
    assert sorted(lengths)[len(lengths) // 2] <= 8
    assert num_refused > 0
    assert grown < 50e6


@pytest.mark.slow
def test_a_flood_of_explanations_takes_nothing_from_predictions(tmp_path: Path, picture: bytes) -> None:
    model = save(tmp_path, "v1.0.0", size=256)
    with service(model) as (_, address), Crowd(address, picture, "/v1/explain?grid=4", 8) as flood:
        flood.wait_for(1)
        with Crowd(address, picture, num_clients=2) as crowd:
            crowd.wait_for(60)
    assert (crowd.lost, flood.lost) == ([], [])
    assert set(crowd.statuses) == {200}
    assert set(flood.statuses) <= {200, 503, 504}
    assert flood.statuses[503] > 0


@pytest.mark.slow
def test_whatever_the_document_of_the_api_allows_is_answered_as_it_says(model: Path, tmp_path: Path) -> None:
    """Schemathesis: no 5xx, no status, header, content type or content that the document does not name."""
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("schemathesis is not installed")
    with service(model, *logged_in(tmp_path), WINNOW_ADMIN_TOKEN="boss") as (_, address):
        words = ["run", f"{address}/openapi.json", "--header", "X-Admin-Token: boss", "--no-color", "--seed", "1"]
        # What an image is, and which classes a model has, no schema can say.
        words += ["--exclude-checks", "positive_data_acceptance", "--max-examples", "5", "--no-shrink"]
        words += ["--generation-database", "none", "--warnings", "off"]
        run = subprocess.run([program, *words], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert "8 selected" in run.stdout
