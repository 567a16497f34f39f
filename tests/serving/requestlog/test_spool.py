import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from winnow.errors import MachineError
from winnow.serving.requestlog import spool as module
from winnow.serving.requestlog.spool import Spool, SpoolLimits
from winnow.traffic.entry import FeedbackEntry, parse

LARGE = SpoolLimits(max_bytes=1_000_000, max_segment_bytes=1_000_000, max_segment_s=1000)
needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


def line(number: int = 0) -> bytes:
    return FeedbackEntry(time_s=number, request_id=f"r{number}", image=0, label="cat", model="m").line()


def read(spool: Spool) -> list[str]:
    found = [parse(FeedbackEntry, spool.read(name), name.file) for name in spool.sealed()]
    return [entry.request_id for parsed in found for entry in parsed.entries]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Spool]]:
    """Return a function that begins a process's spool; all share one folder."""
    made: list[Spool] = []

    def begin(limits: SpoolLimits = LARGE) -> Spool:
        made.append(Spool(tmp_path / "spool", limits))
        return made[-1]

    yield begin
    for spool in made:
        for segment in spool._open.values():
            segment.stream.close()
        spool._held.close()


def test_segments_are_whole_and_in_order_once_they_are_sealed(make: Callable[..., Spool]) -> None:
    spool = make()
    assert all(spool.append("feedback", line(number)) for number in range(3))
    assert spool.sealed() == []
    spool.seal(is_end=True)
    assert read(spool) == ["r0", "r1", "r2"]
    (name,) = spool.sealed()
    assert spool.used_bytes == len(spool.read(name))
    spool.remove(name)
    assert (spool.sealed(), spool.used_bytes) == ([], 0)


def test_a_segment_is_sealed_by_its_size(make: Callable[..., Spool]) -> None:
    spool = make(SpoolLimits(1_000_000, 500, 1000))
    for number in range(20):
        spool.append("feedback", line(number))
    spool.seal()
    assert len(spool.sealed()) >= 3
    spool.seal(is_end=True)
    assert read(spool) == [f"r{number}" for number in range(20)]
    assert len({name.object for name in spool.sealed()}) == len(spool.sealed())


def test_a_segment_is_sealed_by_its_age(make: Callable[..., Spool], monkeypatch: pytest.MonkeyPatch) -> None:
    spool = make(SpoolLimits(1_000_000, 1_000_000, 60))
    spool.append("feedback", line())
    spool.seal()
    assert spool.sealed() == []
    now = time.monotonic()
    monkeypatch.setattr(module.time, "monotonic", lambda: now + 61)
    spool.seal()
    assert len(spool.sealed()) == 1


def test_it_takes_what_it_may_hold_and_not_a_byte_more(make: Callable[..., Spool]) -> None:
    spool = make(SpoolLimits(2000, 300, 1000))
    taken = [spool.append("feedback", line(number)) for number in range(60)]
    num = taken.index(False)
    assert not any(taken[num:])
    assert 2000 - 300 < spool.used_bytes <= 2000
    spool.seal(is_end=True)
    assert read(spool) == [f"r{number}" for number in range(num)], "nothing up to the bound is lost"
    spool.remove(spool.sealed()[0])
    assert spool.append("feedback", line(99)), "there is room again"


def test_images_leave_room_for_answers_and_answers_for_what_people_say(make: Callable[..., Spool]) -> None:
    spool = make(SpoolLimits(10_000, 1000, 1000))
    for kind in ("images", "requests", "feedback"):
        while spool.append(kind, b"x" * 49 + b"\n"):  # type: ignore[arg-type]
            pass
        assert spool.append(kind, b"x" * 49 + b"\n") is False  # type: ignore[arg-type]
        assert spool.used_bytes == pytest.approx(10_000 * module.SHARES[kind], abs=250)  # type: ignore[index]


def test_what_a_killed_process_left_is_taken_over_with_its_torn_line(
    make: Callable[..., Spool], tmp_path: Path
) -> None:
    killed = make()
    killed.append("feedback", line(1))
    killed.seal(is_end=True)
    killed.append("feedback", line(2))
    killed._held.close()  # the system frees the lock of a process that is gone
    (half,) = (tmp_path / "spool").rglob("*.open")
    with half.open("ab") as stream:
        stream.write(line(3)[:-7])
    spool = make()
    assert spool.adopt() == 2
    assert read(spool) == ["r1", "r2"]
    assert spool.used_bytes == sum(len(spool.read(name)) for name in spool.sealed())
    assert {path.name for path in (tmp_path / "spool").iterdir() if path.is_dir()} == {spool._writer}


def test_what_a_living_process_holds_is_left_alone(make: Callable[..., Spool]) -> None:
    alive = make()
    alive.append("feedback", line())
    alive.seal(is_end=True)
    assert make().adopt() == 0
    assert read(alive) == ["r0"]


def test_two_processes_begin_and_adopt_at_once_and_every_segment_is_found_once(
    make: Callable[..., Spool],
) -> None:
    left = [make() for _ in range(4)]
    for number, spool in enumerate(left):
        spool.append("feedback", line(number))
        spool.close()
    spools: list[Spool] = []

    def begin() -> None:
        spool = make()
        spool.adopt()
        spools.append(spool)

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(request_id for spool in spools for request_id in read(spool)) == ["r0", "r1", "r2", "r3"]
    assert len({spool._writer for spool in spools}) == 6


def test_after_its_end_nothing_is_taken_and_an_empty_folder_goes(make: Callable[..., Spool], tmp_path: Path) -> None:
    spool = make()
    spool.append("feedback", line())
    spool.seal(is_end=True)
    spool.remove(spool.sealed()[0])
    spool.close()
    assert not spool.append("feedback", line())
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["turn"]


def test_a_line_that_the_disk_refused_has_no_other_behind_it(
    make: Callable[..., Spool], monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = make()
    spool.append("feedback", line(0))
    segment = spool._open["feedback"]
    real = segment.stream

    class Full:
        def write(self, content: bytes) -> int:
            return real.write(content[:5])

        def close(self) -> None:
            real.close()

    segment.stream = Full()  # type: ignore[assignment]
    with pytest.raises(OSError, match="space"):
        spool.append("feedback", line(1))
    assert spool.append("feedback", line(2))
    spool.seal(is_end=True)
    first = spool.sealed()[0]
    assert parse(FeedbackEntry, spool.read(first), "x").num_torn == 1
    assert read(spool) == ["r0", "r2"]


@needs_posix
def test_nobody_else_can_look_into_the_folder(make: Callable[..., Spool], tmp_path: Path) -> None:
    spool = make()
    assert (tmp_path / "spool").stat().st_mode & 0o077 == 0
    assert spool._folder.stat().st_mode & 0o077 == 0


@needs_posix
@pytest.mark.skipif(os.name != "nt" and os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(MachineError, match="no permission"):
        Spool(tmp_path / "closed" / "spool", LARGE)
