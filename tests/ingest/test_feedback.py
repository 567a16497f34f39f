import base64
import csv
import gzip
import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import UsageError
from winnow.ingest.feedback import Joined, collect
from winnow.traffic.entry import Entry, FeedbackEntry, ImageEntry, RequestEntry, Statistics, header
from winnow.traffic.reading import TrafficLog
from winnow.traffic.segment_name import SegmentName
from winnow.traffic.target import Folder

NOON, MODEL = 1_774_958_400, "classifier@v1.0.0"
PNG = b"\x89PNG and so on"


def image_id(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:20]


def asked(request_id: str, content: bytes | None = PNG, *, place: int = 0, time_s: float = NOON) -> RequestEntry:
    return RequestEntry(
        time_s=time_s,
        request_id=request_id,
        image=place,
        model=MODEL,
        id=None if content is None else image_id(content),
        top=(("cat", 0.75), ("dog", 0.25)),
        statistics=Statistics(brightness=1, contrast=2, sharpness=3, width=4, height=5, mode="RGB"),
        latency_s=0.01,
    )


def kept(request_id: str, content: bytes = PNG, *, place: int = 0, claimed: str | None = None) -> ImageEntry:
    text = base64.b64encode(content).decode()
    name = claimed or image_id(content)
    return ImageEntry(time_s=NOON, request_id=request_id, image=place, model=MODEL, id=name, content=text)


def said(request_id: str, label: str, *, place: int = 0, time_s: float = NOON + 60) -> FeedbackEntry:
    return FeedbackEntry(time_s=time_s, request_id=request_id, image=place, label=label, model=MODEL)


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., Joined]:
    """Return a function that logs entries and collects what was said about them, into `tmp_path / "out"`."""

    def collect_from(*entries: Entry, since_s: float = -math.inf) -> Joined:
        for number, entry in enumerate(entries):
            path = tmp_path / "log" / SegmentName(NOON, "0123456789abcdef", number, entry.kind).object
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(header(entry.kind, "w") + entry.line()))
        return collect(TrafficLog(Folder(tmp_path / "log")), tmp_path / "out", since_s)

    return collect_from


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_an_image_with_its_label_becomes_a_candidate(found: Callable[..., Joined], tmp_path: Path) -> None:
    joined = found(asked("r1"), kept("r1"), said("r1", "dog"))
    path = f"images/{image_id(PNG)}.png"
    assert joined.written == [image_id(PNG)]
    assert (tmp_path / "out" / path).read_bytes() == PNG
    assert rows(tmp_path / "out" / "candidates.csv") == [["path", "label"], [path, "dog"]]
    assert rows(tmp_path / "out" / "review.csv")[1] == [path, "dog", "cat", "0.75", MODEL]
    assert (joined.num_said, joined.num_unknown, joined.num_gone, joined.num_disputed) == (1, 0, 0, 0)


def test_feedback_on_what_nobody_asked_is_counted_and_dropped(found: Callable[..., Joined], tmp_path: Path) -> None:
    joined = found(asked("r1"), kept("r1"), said("ghost", "dog"), said("r1", "dog", place=7))
    assert (joined.num_said, joined.num_unknown, joined.written) == (2, 2, [])
    assert rows(tmp_path / "out" / "candidates.csv") == [["path", "label"]]


def test_without_the_image_there_is_no_candidate(found: Callable[..., Joined]) -> None:
    joined = found(asked("r1"), said("r1", "dog"), asked("r2", None), said("r2", "dog"))
    assert (joined.num_gone, joined.num_unknown, joined.written) == (2, 0, [])


def test_the_last_word_on_a_request_counts(found: Callable[..., Joined], tmp_path: Path) -> None:
    found(asked("r1"), kept("r1"), said("r1", "cow", time_s=NOON + 9), said("r1", "dog", time_s=NOON + 5))
    assert rows(tmp_path / "out" / "candidates.csv")[1][1] == "cow"


def test_one_image_with_two_classes_is_disputed_with_one_class_it_is_one_candidate(
    found: Callable[..., Joined],
) -> None:
    other = b"GIF8 another"
    entries = [asked("r1"), kept("r1"), asked("r2"), kept("r2"), said("r1", "dog"), said("r2", "cow")]
    more = [asked("r3", other), kept("r3", other), asked("r4", other), kept("r4", other)]
    joined = found(*entries, *more, said("r3", "dog"), said("r4", "dog"))
    assert (joined.num_disputed, joined.written) == (1, [image_id(other)])


def test_an_id_that_a_client_used_for_several_images_says_nothing(found: Callable[..., Joined]) -> None:
    joined = found(asked("mine"), kept("mine"), asked("mine", b"other"), kept("mine", b"other"), said("mine", "dog"))
    assert (joined.num_disputed, joined.written) == (1, [])


def test_an_image_that_is_not_what_its_id_says_is_not_written(found: Callable[..., Joined], tmp_path: Path) -> None:
    joined = found(asked("r1"), kept("r1", b"swapped", claimed=image_id(PNG)), said("r1", "dog"))
    assert (joined.num_unusable, joined.num_gone, joined.written) == (1, 0, [])
    assert list((tmp_path / "out" / "images").iterdir()) == []


@pytest.mark.parametrize("label", [" ", "x" * 300])
def test_a_label_that_cannot_be_a_class_is_counted(found: Callable[..., Joined], label: str) -> None:
    joined = found(asked("r1"), kept("r1"), said("r1", label))
    assert (joined.num_unusable, joined.written) == (1, [])


def test_labels_stay_in_their_cells_and_out_of_paths(found: Callable[..., Joined], tmp_path: Path) -> None:
    found(asked("r1"), kept("r1", PNG), said("r1", '../a,"b"\nc'))
    (_, (path, label)) = rows(tmp_path / "out" / "candidates.csv")
    assert (path, label) == (f"images/{image_id(PNG)}.png", '../a,"b"\\nc')


def test_since_a_day_means_requests_of_that_day(found: Callable[..., Joined]) -> None:
    joined = found(asked("r1"), kept("r1"), said("r1", "dog"), since_s=NOON + 30)
    assert (joined.num_said, joined.num_unknown) == (1, 1)


def test_a_folder_with_content_is_left_alone(found: Callable[..., Joined], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(UsageError, match="to be empty or absent"):
        found()
