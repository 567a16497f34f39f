import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import InputError, MachineError
from winnow.traffic.entry import FeedbackEntry, RequestEntry
from winnow.traffic.reading import TrafficLog
from winnow.traffic.target import Folder

Make, Put = Callable[..., RequestEntry], Callable[..., Path]
NOON, DAY = 1_774_958_400, 86_400


def test_entries_come_from_all_segments_the_earliest_first(tmp_path: Path, request_entry: Make, put: Put) -> None:
    put(tmp_path, [request_entry(DAY)], opened_s=NOON + DAY, number=2)
    put(tmp_path, [request_entry(0), request_entry(1)])
    said = FeedbackEntry(time_s=NOON, request_id="r0", image=0, label="dog", model="m@v1")
    put(tmp_path, [said], number=3)
    log = TrafficLog(Folder(tmp_path))
    assert [entry.request_id for entry in log.requests()] == ["r0", "r1", f"r{DAY}"]
    assert list(log.feedback()) == [said]
    assert list(log.images()) == []


def test_a_window_is_of_the_entries_own_time(tmp_path: Path, request_entry: Make, put: Put) -> None:
    # Begun shortly before midnight, filled after it.
    put(tmp_path, [request_entry(12 * 3600 - 1), request_entry(12 * 3600 + 5)], opened_s=NOON + 12 * 3600 - 1)
    put(tmp_path, [request_entry(3 * DAY)], opened_s=NOON + 3 * DAY)
    log = TrafficLog(Folder(tmp_path))
    midnight = NOON + 12 * 3600
    assert [entry.request_id for entry in log.requests(midnight, midnight + 5)] == []
    assert [entry.request_id for entry in log.requests(midnight, midnight + 6)] == ["r43205"]
    assert [entry.request_id for entry in log.requests(midnight, midnight + DAY)] == ["r43205"]
    assert [entry.request_id for entry in log.requests(until_s=midnight)] == ["r43199"]


def test_only_the_days_of_a_window_are_listed(tmp_path: Path, request_entry: Make, put: Put) -> None:
    put(tmp_path, [request_entry()])
    listed = []

    class Watched(Folder):
        def names(self, prefix: str) -> list[str]:
            listed.append(prefix)
            return super().names(prefix)

    assert len(list(TrafficLog(Watched(tmp_path)).requests(NOON, NOON + 60))) == 1
    assert listed == ["requests/2026-03-30", "requests/2026-03-31", "requests/2026-04-01"]


def test_a_torn_end_is_counted_and_foreign_objects_are_no_log(tmp_path: Path, request_entry: Make, put: Put) -> None:
    path = put(tmp_path, [request_entry(0), request_entry(1)])
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-9]))
    (path.parent / "notes.txt").write_text("hello")
    log = TrafficLog(Folder(tmp_path))
    assert ([entry.request_id for entry in log.requests()], log.num_torn) == (["r0"], 1)


def test_half_an_object_is_named(tmp_path: Path, request_entry: Make, put: Put) -> None:
    path = put(tmp_path, [request_entry()])
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(InputError, match=f"{path.name}: expected a whole gzip file"):
        list(TrafficLog(Folder(tmp_path)).requests())


def test_a_target_that_does_not_answer_is_the_machines_fault(tmp_path: Path) -> None:
    class Down(Folder):
        def names(self, prefix: str) -> list[str]:
            raise ConnectionError("no route")

    with pytest.raises(MachineError, match="requests of the log cannot be read: no route"):
        list(TrafficLog(Down(tmp_path)).requests())


def test_what_was_deleted_meanwhile_is_not_missed(tmp_path: Path, request_entry: Make, put: Put) -> None:
    put(tmp_path, [request_entry()])

    class Emptied(Folder):
        def read(self, name: str) -> bytes:
            raise FileNotFoundError(name)

    assert list(TrafficLog(Emptied(tmp_path)).requests()) == []
