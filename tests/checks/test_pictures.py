from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from winnow.transforms.appearance import sharpness

Scene = Callable[..., Image.Image]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_numbers_are_those_of_the_prepared_pixels(picture_set: Any, scene: Scene, channels: int) -> None:
    made = picture_set(channels)
    flat = Image.new("RGBA", (40, 32), (10, 20, 30, 255))
    known = made.facts([*(scene(seed) for seed in range(12)), flat], ["oak"] * 13)
    pictures, index = known.pictures, known.index
    pixels = made.samples(index).gather(np.arange(13))
    values = pixels[..., :3].astype(np.float64) / 255
    assert len(pictures) == 13
    assert pictures.colors == pytest.approx(values.mean(axis=(1, 2)), abs=1e-6)
    assert pictures.contrast == pytest.approx(values.std(axis=(1, 2)).mean(axis=1), abs=1e-6)
    assert np.array_equal(pictures.sharpness, sharpness(pixels))
    edge = np.ones((16, 16), dtype=bool)
    edge[1:-1, 1:-1] = False
    assert pictures.border == pytest.approx(values[:, edge].mean(axis=1), abs=1e-6)
    constant = (pixels == pixels[:, :1, :1]).all(axis=(1, 2))
    assert np.array_equal(pictures.is_constant, constant)
    assert constant.all(axis=1).sum() == 1
    assert pictures.is_constant_in_set.tolist() == (pixels == pixels[:1, :1, :1]).all(axis=(0, 1, 2)).tolist()


def test_originals_classes_and_witnesses_are_in_the_order_of_the_index(picture_set: Any, scene: Scene) -> None:
    pictures = [scene(seed, size=(20 + seed, 16)) for seed in range(6)]
    known = picture_set().facts(pictures, ["ash", "oak"] * 3, groups=["a", "a", "", "", "b", "a"])
    looks, table = known.pictures, known.index
    codes, names = looks.classes
    assert [names[code] for code in codes] == table["label"].to_pylist()
    assert sorted(looks.originals.width.tolist()) == list(range(20, 26))
    groups = np.array(table["group"].to_pylist())
    assert len(np.unique(looks.units[groups == "a"])) == 1
    assert len(np.unique(looks.units)) == 4
    assert looks.ids([3, 0]) == [table["id"][3].as_py(), table["id"][0].as_py()]
