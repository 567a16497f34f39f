from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from winnow.data.contents import read_contents, read_rows
from winnow.data.parts import ImageRecord


def test_the_bytes_of_what_is_here_are_returned_and_nothing_else(
    noise: Callable[..., list[ImageRecord]], write_part: Callable[[Sequence[ImageRecord]], Path]
) -> None:
    images = noise(9)
    parts = [write_part(images[:5]), write_part(images[5:])]
    wanted = [images[7], images[0], images[0]]
    found = read_contents(parts, [each.id for each in wanted] + ["f" * 20])
    assert found == {each.id: each.bytes for each in wanted}
    assert read_contents(parts[:1], [images[7].id]) == {}
    assert read_contents([], [images[0].id]) == {}


def test_an_image_in_two_parts_is_one_row_of_the_columns_that_were_asked_for(
    noise: Callable[..., list[ImageRecord]], write_part: Callable[[Sequence[ImageRecord]], Path]
) -> None:
    images = noise(3)
    parts = [write_part(images[:2]), write_part(images[1:])]
    rows = list(read_rows(parts, pa.array([each.id for each in images]), ["format"]))
    assert rows == [{"id": each.id, "format": each.format} for each in images]
