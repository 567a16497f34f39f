"""Feedback on a service's answers, joined with the images that it kept: candidates for `winnow add`.

Nothing of it enters the data set by itself: whoever may ask a service may say anything about any image.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from winnow.errors import UsageError
from winnow.files import disk_errors, write_bytes
from winnow.ingest.names import clean, is_storable
from winnow.traffic.entry import RequestEntry
from winnow.traffic.reading import TrafficLog

LIST = "candidates.csv"
REVIEW = "review.csv"
IMAGES = "images"
_REVIEW_COLUMNS = ("path", "label", "predicted", "probability", "model")
_ID_DIGITS = 20
_SUFFIXES = {
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpg",
    b"GIF8": "gif",
    b"RIFF": "webp",
    b"BM": "bmp",
    b"II*\0": "tif",
    b"MM\0*": "tif",
    b"\0\0\0\x0cjP": "jp2",
}
Place = tuple[str, int]
"""A request's id, and which of its images."""


@dataclass
class Joined:
    """What became of the feedback, in numbers of images."""

    num_said: int = 0
    """Images that feedback is about, by request."""

    num_unknown: int = 0
    """No such request in the log: before `since`, not uploaded yet, or never asked."""

    num_disputed: int = 0
    """The same image got different classes, or one request's id stands for several images."""

    num_unusable: int = 0
    """The class cannot be one, or the image is not what its id says."""

    wanted: dict[str, tuple[str, RequestEntry]] = field(default_factory=dict)
    """Label and one answer by image id; those that were written are `written`."""

    written: list[str] = field(default_factory=list)
    """Ids of the candidates."""

    @property
    def num_gone(self) -> int:
        """Images that were not kept, or are deleted."""
        return len(self.wanted) - len(self.written)


def collect(log: TrafficLog, folder: Path, since_s: float) -> Joined:
    """Write the images that feedback is about, and a list of them for `winnow add`, into a new folder.

    The last word on an image of a request counts. Raises UsageError when the folder holds anything.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"expected {folder} to be empty or absent", hint="--to another folder")
    joined = join(log, since_s)
    with disk_errors(folder):
        (folder / IMAGES).mkdir(parents=True, exist_ok=True)
        rows = list(_write_images(log, folder, joined, since_s))
        _write_table(folder / LIST, ("path", "label"), [row[:2] for row in rows])
        _write_table(folder / REVIEW, _REVIEW_COLUMNS, rows)
    return joined


def join(log: TrafficLog, since_s: float) -> Joined:
    """Return which images were given which class."""
    said = {(each.request_id, each.image): each for each in sorted(log.feedback(since_s), key=lambda each: each.time_s)}
    answers: dict[Place, list[RequestEntry]] = {}
    for request in log.requests(since_s):
        if (request.request_id, request.image) in said:
            answers.setdefault((request.request_id, request.image), []).append(request)
    joined = Joined(num_said=len(said), num_unknown=len(said) - len(answers))
    labels: dict[str, set[str]] = {}
    for place, requests in answers.items():
        label = clean(said[place].label.strip())
        if len({request.id for request in requests}) > 1:  # clients may choose ids, and choose the same twice
            joined.num_disputed += 1
        elif not label or not is_storable(label):
            joined.num_unusable += 1
        else:
            image_id = requests[-1].id or f"{place[0]}/{place[1]}"  # none is kept under `aggregate`
            labels.setdefault(image_id, set()).add(label)
            joined.wanted[image_id] = label, requests[-1]
    for image_id in [image_id for image_id, given in labels.items() if len(given) > 1]:
        joined.num_disputed += 1
        del joined.wanted[image_id]
    return joined


def _write_images(log: TrafficLog, folder: Path, joined: Joined, since_s: float) -> Iterator[tuple[str, ...]]:
    """Write each image that is wanted, once, and yield its row of the review."""
    done: set[str] = set()
    for entry in log.images(since_s):
        if entry.id not in joined.wanted or entry.id in done:
            continue
        done.add(entry.id)
        content = entry.file()
        if hashlib.sha256(content).hexdigest()[:_ID_DIGITS] != entry.id:
            joined.num_unusable += 1
            del joined.wanted[entry.id]
            continue
        path = f"{IMAGES}/{entry.id}.{_suffix(content)}"
        write_bytes(folder / path, content)
        joined.written.append(entry.id)
        label, request = joined.wanted[entry.id]
        predicted, probability = request.top[0] if request.top else ("", 0.0)
        yield path, label, predicted, str(probability), request.model


def _suffix(content: bytes) -> str:
    return next((suffix for begin, suffix in _SUFFIXES.items() if content.startswith(begin)), "img")


def _write_table(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(columns)
        table.writerows(rows)
