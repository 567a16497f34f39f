"""How long the parts of a run took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from winnow.pull_request.record import Step


class Clock:
    """Collects the steps of one run, in order."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a part, also one that fails."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.steps.append(Step(name=name, seconds=round(time.monotonic() - start, 3)))
