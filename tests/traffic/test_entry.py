import json
from collections.abc import Callable

import numpy as np
import pytest

from winnow.errors import FormatError, InputError
from winnow.traffic.entry import FeedbackEntry, ImageEntry, RequestEntry, header, pack, parse

Make = Callable[..., RequestEntry]


def segment(*entries: RequestEntry) -> bytes:
    return header("requests", "w") + b"".join(entry.line() for entry in entries)


def test_what_was_written_is_read(request_entry: Make) -> None:
    entries = [request_entry(0), request_entry(1, id="a" * 20, top=(("Kätzchen\u2028", 0.5), ("b", 0.25)))]
    assert parse(RequestEntry, segment(*entries), "x") == (entries, 0)


def test_an_entry_is_one_line_whatever_its_classes_are_called(request_entry: Make) -> None:
    line = request_entry(top=(("a\nb\r\u2028\x85", 1.0),)).line()
    assert line.count(b"\n") == 1
    assert json.loads(line)["top"] == [["a\nb\r\u2028\x85", 1.0]]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_that_a_kill_cut_is_left_out_and_counted(request_entry: Make, cut: int) -> None:
    content = segment(request_entry(0), request_entry(1))
    assert parse(RequestEntry, content[:-cut], "x") == ([request_entry(0)], 1)


def test_a_segment_that_never_got_further_than_its_first_line_is_empty() -> None:
    whole = header("requests", "w")
    assert parse(RequestEntry, whole, "x") == ([], 0)
    assert parse(RequestEntry, whole[:-3], "x") == ([], 1)
    assert parse(RequestEntry, b"", "x") == ([], 0)


def test_damage_in_the_middle_is_no_torn_line(request_entry: Make) -> None:
    content = segment(request_entry(0), request_entry(1)).replace(b'"r0"', b'"r0', 1)
    with pytest.raises(InputError, match="requests/x: "):
        parse(RequestEntry, content, "requests/x")


def test_another_kind_another_schema_and_no_json_are_refused(request_entry: Make) -> None:
    with pytest.raises(InputError, match="expected a segment of images"):
        parse(ImageEntry, header("requests", "w"), "x")
    with pytest.raises(FormatError, match="schema"):
        parse(RequestEntry, header("requests", "w").replace(b'"schema": 1', b'"schema": 9'), "x")
    with pytest.raises(InputError, match="lines of JSON"):
        parse(RequestEntry, b"hello\n" + request_entry().line(), "x")


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "../../etc", "a\n", "<b>"])
def test_ids_are_harmless_or_refused(request_id: str) -> None:
    with pytest.raises(ValueError, match="request_id"):
        FeedbackEntry(time_s=1, request_id=request_id, image=0, label="cat", model="m")


@pytest.mark.parametrize("image_id", ["", "a" * 19, "../" + "a" * 17, "A" * 20])
def test_ids_of_images_can_be_names_of_files(image_id: str) -> None:
    with pytest.raises(ValueError, match="id"):
        ImageEntry(time_s=1, request_id="r", image=0, model="m", id=image_id, content="")


def test_an_embedding_keeps_three_digits_and_what_is_too_large_stays_finite(request_entry: Make) -> None:
    values = np.array([0.123456, -3.0, 1e9, np.nan], dtype=np.float32)
    found = request_entry(embedding=pack(values)).vector()
    assert found is not None
    assert found.dtype == np.float32
    assert np.allclose(found, [0.123456, -3.0, 65504.0, 0.0], rtol=1e-3)
    assert request_entry().vector() is None
