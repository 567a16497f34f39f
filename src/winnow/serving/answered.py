"""What an answer was, for whoever collects: handed over after it was sent, never in its way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from winnow.serving.model import Answer, Pixels
from winnow.transforms.appearance import num_colors, sharpness


@dataclass(frozen=True)
class Answered:
    """One request to `/v1/predict` that was answered."""

    request_id: str
    time_s: float
    """Since 1970."""

    model: str
    """NAME@VERSION."""

    labels: list[str]
    latency_s: float
    """From the first byte of the request until its answer was sent."""

    images: list[Answer]
    contents: list[bytes]
    """The files as they came."""


Observer = Callable[[Answered], None]
"""Called on the event loop: it notes and returns, work belongs elsewhere. What it raises is logged and forgotten."""


def picture_statistics(answer: Answer) -> dict[str, Any]:
    """Return what an image looks like in a few numbers.

    Brightness (mean, 0-255), contrast (standard deviation) and sharpness (variance of the Laplacian) of the pixels that
    the model saw, so that sizes do not matter; width, height and mode of the file.
    """
    picture = answer.picture
    gray = _gray(picture.pixels)
    return {
        "brightness": round(float(gray.mean()), 2),
        "contrast": round(float(gray.std()), 2),
        "sharpness": round(float(sharpness(picture.pixels[None])[0]), 2),
        "width": picture.width,
        "height": picture.height,
        "mode": picture.mode,
    }


def _gray(pixels: Pixels) -> Any:
    return pixels[..., : num_colors(pixels.shape[2])].mean(axis=2)
