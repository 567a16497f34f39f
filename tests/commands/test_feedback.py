import base64
import gzip
import hashlib
from pathlib import Path

import pytest

from winnow.commands.feedback import feedback
from winnow.errors import ExitCode, UsageError
from winnow.traffic.entry import Entry, FeedbackEntry, ImageEntry, RequestEntry, Statistics, header
from winnow.traffic.segment_name import SegmentName

NOON = 1_774_958_400


def log(folder: Path, *entries: Entry, end: bytes = b"") -> str:
    for number, entry in enumerate(entries):
        path = folder / SegmentName(NOON, "0123456789abcdef", number, entry.kind).object
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(header(entry.kind, "w") + entry.line() + end))
    return str(folder)


def about(request_id: str) -> tuple[Entry, ...]:
    content = request_id.encode()
    image_id = hashlib.sha256(content).hexdigest()[:20]
    place = {"time_s": NOON, "request_id": request_id, "image": 0, "model": "m@v1"}
    seen = Statistics(brightness=1, contrast=2, sharpness=3, width=4, height=5, mode="L")
    return (
        RequestEntry(**place, id=image_id, top=(("cat", 1.0),), statistics=seen, latency_s=0.1),  # type: ignore[arg-type]
        ImageEntry(**place, id=image_id, content=base64.b64encode(content).decode()),  # type: ignore[arg-type]
        FeedbackEntry(**place, label="dog"),  # type: ignore[arg-type]
    )


def test_it_says_what_became_of_the_feedback_and_what_comes_next(tmp_path: Path) -> None:
    ghost = FeedbackEntry(time_s=NOON, request_id="ghost", image=0, label="dog", model="m@v1")
    result = feedback(log(tmp_path / "log", *about("r1"), ghost, end=b"{torn"), folder=tmp_path / "out", since=None)
    assert result.exit_code == ExitCode.OK
    review, listed = tmp_path / "out" / "review.csv", tmp_path / "out" / "candidates.csv"
    assert list(result.lines()) == [
        "1 candidates from feedback on 2 images",
        "1 of requests that the log does not have",
        "4 lines of the log were cut when a service was killed",
        f"look at {review} and the images, then: winnow add {listed}",
    ]


def test_an_empty_log_is_no_failure(tmp_path: Path) -> None:
    result = feedback(str(tmp_path / "log"), folder=tmp_path / "out", since="2026-01-01")
    assert list(result.lines()) == ["0 candidates from feedback on 0 images"]


def test_a_day_is_a_day(tmp_path: Path) -> None:
    place = log(tmp_path / "log", *about("r1"))
    assert feedback(place, folder=tmp_path / "a", since="2026-03-31").joined.written != []
    assert feedback(place, folder=tmp_path / "b", since="2026-04-01").joined.written == []
    with pytest.raises(UsageError, match="YYYY-MM-DD, got 'yesterday'"):
        feedback(place, folder=tmp_path / "c", since="yesterday")
