from datetime import date

import pytest

from winnow.traffic.segment_name import SegmentName

NAME = SegmentName(1_774_958_400, "0123456789abcdef", 7, "requests")


def test_a_name_comes_back_from_the_file_and_from_the_object() -> None:
    assert NAME.file == "requests-20260331T120000Z-0123456789abcdef-000007.jsonl"
    assert NAME.object == "requests/2026-03-31/20260331T120000Z-0123456789abcdef-000007.jsonl.gz"
    assert SegmentName.of_file(NAME.file) == SegmentName.of_object(NAME.object) == NAME
    assert NAME.day == date(2026, 3, 31)


def test_the_millionth_segment_has_a_name_too() -> None:
    late = SegmentName(NAME.opened_s, NAME.writer, 1_000_000, "images")
    assert SegmentName.of_object(late.object) == late


@pytest.mark.parametrize(
    "text",
    [
        "",
        "images/cat.png",
        "requests/2026-03-31/.x.jsonl.gz.7.tmp",
        NAME.object.replace("requests", "other"),
        NAME.object.replace("0331T", "1331T"),
        f"../{NAME.object}",
        f"{NAME.object}.old",
    ],
)
def test_what_somebody_else_put_there_is_no_segment(text: str) -> None:
    assert SegmentName.of_object(text) is None
    assert SegmentName.of_file(text) is None
