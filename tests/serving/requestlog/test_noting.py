import base64
import hashlib
from collections.abc import Callable

import numpy as np
import pytest

from winnow.serving.answered import Answered
from winnow.serving.requestlog.noting import MAX_TOP, entries, logged_id, top
from winnow.traffic.entry import ImageEntry, RequestEntry

Make = Callable[..., Answered]


def test_a_line_an_image_tells_what_was_seen_and_said(answered: Make) -> None:
    first, second = entries(answered("r7", 2), "ids", has_images=False)
    assert isinstance(first, RequestEntry)
    assert (first.request_id, first.image, second.image, first.model) == ("r7", 0, 1, "classifier@v1.0.0")
    assert first.id == hashlib.sha256(b"file 0").hexdigest()[:20]
    assert [label for label, _ in first.top] == ["green", "blue", "red"]
    assert first.top[0][1] == pytest.approx(0.7)
    assert first.vector().tolist() == [0.5, -2.0]  # type: ignore[union-attr]
    assert (first.statistics.width, first.statistics.height, first.statistics.mode) == (640, 480, "RGB")
    assert first.statistics.brightness == pytest.approx(23.5)
    assert (first.time_s, first.latency_s) == (1_774_958_400.123, 0.012346)


def test_under_aggregate_nothing_of_it_leads_back_to_a_picture_or_a_person(answered: Make) -> None:
    (entry,) = entries(answered("patient-7"), "aggregate", has_images=True)
    assert isinstance(entry, RequestEntry)
    assert (entry.id, entry.embedding) == (None, None)
    assert b"patient" not in entry.line()
    assert entry.request_id == logged_id("patient-7", "aggregate")


@pytest.mark.parametrize("level", ["ids", "aggregate"])
def test_images_are_kept_under_pictures_only_even_if_somebody_asks(answered: Make, level: str) -> None:
    kinds = {entry.kind for entry in entries(answered(), level, has_images=True)}  # type: ignore[arg-type]
    assert kinds == {"requests"}


def test_under_pictures_they_are_kept_only_when_somebody_asks(answered: Make) -> None:
    assert len(list(entries(answered(), "pictures", has_images=False))) == 1
    _, image = entries(answered(), "pictures", has_images=True)
    assert isinstance(image, ImageEntry)
    assert base64.b64decode(image.content) == image.file() == b"file 0"


def test_of_a_thousand_classes_the_first_are_kept(answered: Make) -> None:
    values = np.full(1000, 0.0005, dtype=np.float32)
    values[7] = 0.5
    kept = top(answered().images[0]._replace(probabilities=values), [f"c{number}" for number in range(1000)])
    assert len(kept) == MAX_TOP
    assert kept[0] == ("c7", 0.5)
