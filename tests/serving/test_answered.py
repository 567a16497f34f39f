from collections.abc import Callable
from pathlib import Path

import numpy as np

from winnow.serving.answered import picture_statistics
from winnow.serving.model import Answer, Picture


def test_statistics_are_those_of_the_pixels_that_the_model_saw() -> None:
    pixels = np.zeros((4, 4, 4), dtype=np.uint8)
    pixels[:2, :, :3] = 200
    pixels[..., 3] = 255  # alpha is no light
    picture = Picture(pixels, width=640, height=480, mode="RGBA")
    told = picture_statistics(Answer(picture, np.ones(1), np.ones(1), 0, 0, 1))
    assert (told["brightness"], told["contrast"]) == (100.0, 100.0)
    assert told["sharpness"] > 0
    assert (told["width"], told["height"], told["mode"]) == (640, 480, "RGBA")


def test_an_observer_hears_all_images_of_a_request(
    open_client: Callable[..., object], colors: Path, picture: Callable[..., bytes], wait: Callable[..., None]
) -> None:
    heard = []
    with open_client(colors, None, (heard.append,)) as client:  # type: ignore[attr-defined]
        client.post("/v1/predict", files=[("image", ("x", picture((250, 0, 0)))), ("image", ("y", picture((0, 0, 9))))])
        wait(lambda: bool(heard))
    assert [image.probabilities.argmax() for image in heard[0].images] == [0, 2]
