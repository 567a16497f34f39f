from collections.abc import Callable, Sequence
from pathlib import Path

from winnow.data.contents import read_contents
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
