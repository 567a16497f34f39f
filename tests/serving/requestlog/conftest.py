"""Answers as the service hands them to observers, and targets that are down, slow or broken."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from winnow.serving.answered import Answered
from winnow.serving.model import Answer, Picture
from winnow.traffic.target import Folder


def make_answered(request_id: str = "r0", num_images: int = 1, size: int = 4) -> Answered:
    pixels = np.arange(size * size * 3, dtype=np.uint8).reshape(size, size, 3)
    picture = Picture(pixels, width=640, height=480, mode="RGB")
    values = np.array([0.1, 0.7, 0.2], dtype=np.float32)
    answer = Answer(picture, values, np.array([0.5, -2.0], dtype=np.float32), 0.001, 0.002, 1)
    return Answered(
        request_id=request_id,
        time_s=1_774_958_400.1234,
        model="classifier@v1.0.0",
        labels=["red", "green", "blue"],
        latency_s=0.0123456789,
        images=[answer] * num_images,
        contents=[f"file {place}".encode() for place in range(num_images)],
    )


@pytest.fixture
def answered() -> Callable[..., Answered]:
    return make_answered


class Moody(Folder):
    """A folder that can be down, or hang until it is released."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.is_down = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.num_tries = 0
        self.put_names: list[str] = []

    def put(self, name: str, content: bytes) -> None:
        self.num_tries += 1
        self.may_go_on.wait(20)
        if self.is_down:
            raise ConnectionError("the storage is down")
        super().put(name, content)
        self.put_names.append(name)


@pytest.fixture
def target(tmp_path: Path) -> Moody:
    return Moody(tmp_path / "target")


@pytest.fixture
def metric() -> Callable[..., float]:
    """Return a function that reads a metric of a registry, 0 where it is not there yet."""

    def read(registry: Any, name: str, **labels: str) -> float:
        return registry.get_sample_value(name, labels) or 0.0

    return read
