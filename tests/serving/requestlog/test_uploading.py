import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from winnow.serving.requestlog import uploading as module
from winnow.serving.requestlog.meters import Meters
from winnow.serving.requestlog.spool import Spool, SpoolLimits
from winnow.serving.requestlog.uploading import Uploader
from winnow.traffic.entry import FeedbackEntry
from winnow.traffic.reading import TrafficLog
from winnow.traffic.segment_name import SegmentName

LIMITS = SpoolLimits(max_bytes=1_000_000, max_segment_bytes=1, max_segment_s=1000)
WRITER = "0123456789abcdef"


def line(number: int = 0) -> bytes:
    return FeedbackEntry(time_s=number, request_id=f"r{number}", image=0, label="cat", model="m").line()


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_POLL_S", 0.01)
    monkeypatch.setattr(module, "_LONGEST_PAUSE_S", 0.02)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", LIMITS)


@pytest.fixture
def uploader(spool: Spool, target: Any, registry: CollectorRegistry) -> Iterator[Uploader]:
    """One that is not started yet."""
    uploader = Uploader(spool, target, Meters(registry), 30)
    yield uploader
    target.may_go_on.set()
    uploader.end(20)


def test_segments_arrive_whole_one_object_each(
    uploader: Uploader, spool: Spool, target: Any, wait: Callable[..., None]
) -> None:
    for number in range(5):
        spool.append("feedback", line(number))
    uploader.start()
    wait(lambda: spool.used_bytes == 0)
    assert [entry.request_id for entry in TrafficLog(target).feedback()] == [f"r{number}" for number in range(5)]
    assert len(set(target.put_names)) == len(target.put_names) == 5


def test_a_target_that_was_down_gets_everything_when_it_is_back(
    uploader: Uploader, spool: Spool, target: Any, registry: Any, metric: Any, wait: Callable[..., None]
) -> None:
    target.is_down = True
    uploader.start()
    for number in range(20):
        spool.append("feedback", line(number))
    wait(lambda: metric(registry, "winnow_log_uploads_total", result="failed") > 3)
    assert len(spool.sealed()) == 20
    target.is_down = False
    wait(lambda: spool.used_bytes == 0)
    assert sorted(e.request_id for e in TrafficLog(target).feedback()) == sorted(f"r{number}" for number in range(20))
    assert metric(registry, "winnow_log_uploads_total", result="done") == 20


def test_one_segment_that_is_refused_again_and_again_holds_nothing_up(
    uploader: Uploader, spool: Spool, target: Any, wait: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        spool.append("feedback", line(number))
    poison, put = spool.sealed()[0].object, target.put

    def refuse(name: str, content: bytes) -> None:
        if name == poison:
            raise OSError("too odd")
        put(name, content)

    monkeypatch.setattr(target, "put", refuse)
    uploader.start()
    wait(lambda: len(spool.sealed()) == 1)
    assert [name.object for name in spool.sealed()] == [poison]


def test_at_the_end_the_rest_is_sent_and_a_hanging_target_is_not_waited_for(
    uploader: Uploader, spool: Spool, target: Any, wait: Callable[..., None]
) -> None:
    target.may_go_on.clear()
    spool.append("feedback", line(0))
    uploader.start()
    wait(lambda: target.num_tries == 1)
    spool.append("feedback", line(1))
    started = time.monotonic()
    assert not uploader.end(0.1)
    assert time.monotonic() - started < 2
    assert len(spool.sealed()) == 2
    target.may_go_on.set()
    assert uploader.end(20)
    assert spool.sealed() == []


def test_the_same_segment_twice_is_the_same_object(
    uploader: Uploader, spool: Spool, target: Any, wait: Callable[..., None], tmp_path: Path
) -> None:
    """A process that is killed between the upload and the removal uploads again."""
    spool.append("feedback", line(0))
    (name,) = spool.sealed()
    content = spool.read(name)
    target.put(name.object, gzip.compress(content, 1, mtime=0))
    before = (tmp_path / "target" / name.object).read_bytes()
    uploader.start()
    wait(lambda: spool.used_bytes == 0)
    assert (tmp_path / "target" / name.object).read_bytes() == before
    assert len(list(TrafficLog(target).feedback())) == 1


def test_images_are_deleted_after_their_days_at_the_target_too_and_nothing_else_is(
    uploader: Uploader, target: Any, registry: Any, metric: Any, wait: Callable[..., None], tmp_path: Path
) -> None:
    now = int(time.time())
    old, new = (SegmentName(now - days * 86_400, WRITER, 1, "images").object for days in (31, 29))
    answers = SegmentName(now - 400 * 86_400, WRITER, 1, "requests").object
    for name in (old, new, answers, "images/2020-01-01/a-persons-own.png"):
        target.put(name, b"x")
    uploader.start()
    wait(lambda: metric(registry, "winnow_log_deleted_total") == 1)
    left = set(target.names("images")) | set(target.names("requests"))
    assert left == {new, answers, "images/2020-01-01/a-persons-own.png"}


def test_images_that_waited_too_long_are_not_uploaded(spool: Spool, uploader: Uploader, target: Any) -> None:
    name = SegmentName(int(time.time()) - 31 * 86_400, WRITER, 1, "images")
    (spool._folder / name.file).write_bytes(b"x")
    spool._sealed[name] = 1
    uploader._tidy()
    assert spool.sealed() == []
    assert target.put_names == []


def test_a_target_that_may_not_be_listed_is_still_written_to(
    uploader: Uploader, spool: Spool, target: Any, wait: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_: str) -> list[str]:
        raise PermissionError("no listing")

    monkeypatch.setattr(target, "names", forbidden)
    spool.append("feedback", line(0))
    uploader.start()
    wait(lambda: spool.used_bytes == 0)
    assert len(target.put_names) == 1


def test_one_that_was_never_started_ends_at_once(uploader: Uploader) -> None:
    assert uploader.end(0)
