import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from winnow.errors import MachineError
from winnow.serving.answered import Answered
from winnow.serving.requestlog import collector as module
from winnow.serving.requestlog import uploading
from winnow.serving.requestlog.collector import Collector, own_temporary_folder
from winnow.serving.settings import Collecting
from winnow.serving.telemetry import Telemetry
from winnow.traffic.reading import TrafficLog

Make = Callable[..., Answered]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    monkeypatch.setattr(uploading, "_POLL_S", 0.01)
    monkeypatch.setattr(uploading, "_LONGEST_PAUSE_S", 0.02)


@pytest.fixture
def begin(tmp_path: Path, target: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Return a function that starts a log at `target`; it returns the log and its metrics."""
    monkeypatch.setattr(module, "open_target", lambda _: target)
    begun: list[Collector] = []

    def start(**changes: Any) -> tuple[Collector, Telemetry]:
        usual = {"target": "t", "buffer": tmp_path / "buffer", "max_segment_s": 0.02}
        telemetry = Telemetry()
        collector = Collector(Collecting(**{**usual, **changes}), telemetry)
        collector.start()
        begun.append(collector)
        return collector, telemetry

    yield start
    target.is_down = False
    target.may_go_on.set()
    for collector in begun:
        collector.close(20)


def ids(target: Any) -> list[str]:
    return sorted(entry.request_id for entry in TrafficLog(target).requests())


def test_answers_and_feedback_arrive_while_it_runs(
    begin: Callable[..., Any], target: Any, answered: Make, wait: Callable[..., None], metric: Any
) -> None:
    collector, telemetry = begin()
    collector.note(answered("a", 2))
    assert collector.note_feedback("a", 1, "blue", "classifier@v1.0.0")
    wait(lambda: len(target.put_names) == 2)
    assert [(entry.request_id, entry.image) for entry in TrafficLog(target).requests()] == [("a", 0), ("a", 1)]
    (said,) = TrafficLog(target).feedback()
    assert (said.request_id, said.image, said.label) == ("a", 1, "blue")
    assert said.time_s == pytest.approx(time.time(), abs=60)
    assert metric(telemetry.registry, "winnow_log_entries_total", kind="requests") == 2


def test_at_the_end_all_that_was_noted_is_at_the_target(
    begin: Callable[..., Any], target: Any, answered: Make, tmp_path: Path
) -> None:
    collector, _ = begin(max_segment_s=1000)
    for number in range(200):
        collector.note(answered(f"r{number:03}"))
    collector.close(20)
    assert ids(target) == [f"r{number:03}" for number in range(200)]
    assert [path for path in (tmp_path / "buffer").rglob("*") if path.is_dir() and len(path.name) == 16] == []


@pytest.mark.parametrize("mood", ["down", "hanging"])
def test_what_a_target_did_not_take_before_the_end_is_uploaded_by_the_next_start(
    begin: Callable[..., Any], target: Any, answered: Make, wait: Callable[..., None], mood: str
) -> None:
    target.is_down = mood == "down"
    if mood == "hanging":
        target.may_go_on.clear()
    collector, _ = begin(max_segment_s=1000)
    for number in range(50):
        collector.note(answered(f"r{number:02}"))
    started = time.monotonic()
    collector.close(0.5)
    assert time.monotonic() - started < 3
    target.is_down = True
    target.may_go_on.set()
    wait(lambda: not collector._uploader._thread.is_alive())
    collector._spool.close()  # as the system does when the process is gone
    assert ids(target) == []
    target.is_down = False
    begin()
    wait(lambda: len(ids(target)) == 50)


def test_a_target_that_is_down_loses_nothing_up_to_the_buffer_and_the_rest_is_counted(
    begin: Callable[..., Any], target: Any, answered: Make, wait: Callable[..., None], metric: Any
) -> None:
    target.is_down = True
    collector, telemetry = begin(max_buffer_bytes=50_000)

    def count(name: str, **labels: str) -> float:
        return float(metric(telemetry.registry, name, kind="requests", **labels))

    def num_done() -> float:
        return count("winnow_log_entries_total") + count("winnow_log_lost_total", reason="buffer")

    for number in range(400):
        collector.note(answered(f"r{number:03}"))
    wait(lambda: num_done() == 400)
    num_kept = int(count("winnow_log_entries_total"))
    assert 45_000 < metric(telemetry.registry, "winnow_log_buffer_bytes") <= 50_000
    assert metric(telemetry.registry, "winnow_log_oldest_seconds") >= 0
    assert not collector._append(next(iter(module.entries(answered("late"), "ids", has_images=False))))
    assert 100 < num_kept < 400
    target.is_down = False
    wait(lambda: metric(telemetry.registry, "winnow_log_buffer_bytes") == 0)
    assert ids(target) == [f"r{number:03}" for number in range(num_kept)], "what came first is kept"


def test_whoever_answers_waits_for_nothing(begin: Callable[..., Any], target: Any, answered: Make) -> None:
    target.may_go_on.clear()
    collector, _ = begin()
    slowest = 0.0
    for number in range(300):
        one = answered(f"r{number}")
        started = time.perf_counter()
        collector.note(one)
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 0.5, "a target that hangs is none of its business"


def test_the_way_to_the_disk_is_bounded_too(
    begin: Callable[..., Any], answered: Make, metric: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INBOX_BYTES", 1000)
    monkeypatch.setattr(Collector, "_write", lambda _: None)
    collector, telemetry = begin()
    for _ in range(10):
        collector.note(answered(num_images=5))
    assert metric(telemetry.registry, "winnow_log_lost_total", kind="requests", reason="memory") == 35


def test_an_answer_that_cannot_be_logged_does_not_end_the_log(
    begin: Callable[..., Any], target: Any, answered: Make, wait: Callable[..., None], metric: Any
) -> None:
    collector, telemetry = begin()
    collector.note(answered("spaces are no id"))
    collector.note(answered("fine"))
    wait(lambda: ids(target) == ["fine"])
    assert metric(telemetry.registry, "winnow_log_lost_total", kind="requests", reason="error") == 1


def test_a_disk_that_refuses_is_counted_and_feedback_is_told(
    begin: Callable[..., Any], answered: Make, metric: Any, wait: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    collector, telemetry = begin()

    def refuse(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(collector._spool, "append", refuse)
    collector.note(answered())
    assert not collector.note_feedback("a", 0, "cat", "m")
    wait(lambda: metric(telemetry.registry, "winnow_log_lost_total", kind="requests", reason="disk") == 1)
    assert metric(telemetry.registry, "winnow_log_lost_total", kind="feedback", reason="disk") == 1


def test_two_replicas_with_one_buffer_and_one_target_never_meet(
    begin: Callable[..., Any], target: Any, answered: Make
) -> None:
    collectors = [begin(max_segment_s=0.001)[0] for _ in range(2)]
    for number in range(100):
        for side, collector in enumerate(collectors):
            collector.note(answered(f"r{number:02}-{side}"))
    for collector in collectors:
        collector.close(20)
    assert ids(target) == sorted(f"r{number:02}-{side}" for number in range(100) for side in range(2))
    assert len(set(target.put_names)) == len(target.put_names)


def test_what_waits_for_one_target_never_ends_at_another(begin: Callable[..., Any], tmp_path: Path) -> None:
    begin(target="gs://one")
    begin(target="gs://two")
    assert len(list((tmp_path / "buffer").iterdir())) == 2


@pytest.mark.skipif(os.name == "nt", reason="its folder for temporary files is the user's own")
def test_a_folder_that_somebody_else_made_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))
    folder = own_temporary_folder()
    assert folder == own_temporary_folder()
    assert folder.stat().st_mode & 0o077 == 0
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match="as a folder of this user"):
        own_temporary_folder()
    folder.unlink()
    folder.write_text("a file")
    with pytest.raises(MachineError, match="cannot be used"):
        own_temporary_folder()
    folder.unlink()
    folder.mkdir()
    monkeypatch.setattr(module.os, "getuid", lambda: 123_456)
    folder.rename(tmp_path / "winnow-log-123456")
    with pytest.raises(MachineError, match="as a folder of this user"):
        own_temporary_folder()
