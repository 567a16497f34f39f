import numpy as np
import pytest
from numpy.typing import NDArray

from winnow.serving.attribution import METHODS, Method, Wanted, explain, num_evaluations, region
from winnow.transforms.spec import PreprocessSpec

SIZE = 28


def bright_corner(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A model that looks at one place alone: above the middle, on the right."""
    seen: NDArray[np.float32] = pixels[:, :8, 20:].mean(axis=(1, 2, 3), dtype=np.float32) / 255
    return seen


def picture() -> NDArray[np.uint8]:
    pixels = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    pixels[:8, 20:] = 255
    return pixels


@pytest.mark.parametrize("method", METHODS)
def test_the_place_that_the_model_looks_at_stands_out(method: Method) -> None:
    heat = explain(picture(), bright_corner, Wanted(method, grid=7, masks=256))
    assert heat.shape == (7, 7)
    assert heat.dtype == np.float32
    seen, rest = heat[:2, 5:], np.concatenate([heat[2:].ravel(), heat[:2, :5].ravel()])
    assert seen.min() > 0
    assert seen.min() > rest.max()
    assert abs(np.median(rest)) < seen.max() / 4


@pytest.mark.parametrize("method", METHODS)
def test_the_same_picture_has_the_same_map_and_is_left_as_it_was(method: Method) -> None:
    pixels = picture()
    maps = [explain(pixels, bright_corner, Wanted(method)) for _ in range(2)]
    np.testing.assert_array_equal(*maps)
    np.testing.assert_array_equal(pixels, picture())


@pytest.mark.parametrize("wanted", [Wanted("occlusion", 3), Wanted("occlusion", 14), Wanted("rise", 7, 10)])
def test_the_model_is_asked_as_often_as_was_said(wanted: Wanted) -> None:
    asked = 1  # the picture itself, for its class

    def ask(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        nonlocal asked
        asked += len(pixels)
        assert pixels.dtype == np.uint8
        return np.ones(len(pixels), dtype=np.float32)

    heat = explain(picture(), ask, wanted)
    assert asked == num_evaluations(wanted)
    assert np.abs(heat).max() < 1e-6, "a model that always says the same looks nowhere"


@pytest.mark.parametrize("size", [4, 5, 28])
def test_maps_of_small_pictures_are_whole(size: int) -> None:
    pixels = np.zeros((size, size, 1), dtype=np.uint8)
    for method in METHODS:
        heat = explain(pixels, lambda shown: shown.mean(axis=(1, 2, 3)), Wanted(method, grid=4, masks=5))
        assert np.isfinite(heat).all()


@pytest.mark.parametrize(
    ("fit", "expected"),
    [("stretch", [0, 0, 1, 1]), ("crop", [0.25, 0, 0.75, 1]), ("pad", [0, -0.5, 1, 1.5])],
)
def test_the_map_says_which_part_of_the_picture_it_covers(fit: str, expected: list[float]) -> None:
    spec = PreprocessSpec.model_validate(
        {"size": 8, "channels": 3, "fit": fit, "resample": "nearest", "alpha": "composite", "background": [0, 0, 0]}
    )
    assert region(spec, 200, 100) == pytest.approx(expected)
