"""Pixels of a commit's images, from DVC's remote, in a clone that has none."""

import numpy as np
import pytest
from branches import tiny_id
from registered import TEST
from released import SPEC, Works

from winnow.errors import InputError
from winnow.release.pixels import read_pixels


def test_images_come_from_the_remote_as_prepare_would_make_them(works: Works) -> None:
    there = works.elsewhere("ci")
    commit = works.git("rev-parse", "HEAD")
    wanted = [tiny_id(number) for number in (*TEST, 40, 41)] * 2
    batches = list(read_pixels(there, commit, wanted, SPEC))
    pixels = {name: image for batch in batches for name, image in zip(batch.ids, batch.pixels, strict=True)}
    assert len(pixels) == len(TEST) + 2
    for number in (0, 7, 41):
        expected = np.tile(np.array([0, number], dtype=np.uint8), 8).reshape(4, 4, 1)
        np.testing.assert_array_equal(pixels[tiny_id(number)], expected)
    assert not (there.root / "data" / "images").exists(), "nothing is written into the checkout"


def test_an_image_that_lies_in_no_part_is_missed(works: Works) -> None:
    commit = works.git("rev-parse", "HEAD")
    with pytest.raises(InputError, match="1 of 2 images lie in no part"):
        list(read_pixels(works.project, commit, [tiny_id(1), tiny_id(200)], SPEC))
    assert list(read_pixels(works.project, commit, [], SPEC)) == []


def test_a_part_that_nobody_has_is_told(works: Works) -> None:
    there = works.elsewhere("ci")
    commit = works.git("rev-parse", "HEAD")
    (works.folder / "storage").rename(works.folder / "gone")
    with pytest.raises(InputError, match="neither in DVC's cache nor in the remote"):
        list(read_pixels(there, commit, [tiny_id(1)], SPEC))
