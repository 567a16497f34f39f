"""The service without its HTTP: which model answers, how it comes in, how it is exchanged, how it goes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from prometheus_client import Counter

from winnow.logs import logger
from winnow.serving.admission import BatchLimits
from winnow.serving.answered import Answered, Observer
from winnow.serving.batcher import Batcher
from winnow.serving.bodies import Memory
from winnow.serving.cpu import num_cores
from winnow.serving.model import Answer, Loaded, Pace, Result, load, warm_up
from winnow.serving.problems import NOT_READY, retry_later
from winnow.serving.settings import Batching, Settings
from winnow.serving.source import Source, require_model
from winnow.serving.telemetry import Telemetry
from winnow.serving.trimming import give_back

State = Literal["loading", "ready", "failed", "draining"]
Find = Callable[[str | None], Source]
"""Finds the model at an address, None: where the first one came from. Blocks; raises WinnowError."""

_LARGEST_BATCH = 32
_QUIET_S = 0.05
_LEAST_PATIENCE_S = 0.03


@dataclass(frozen=True)
class Active:
    """A model with its workers."""

    loaded: Loaded
    batcher: Batcher[bytes, Answer]
    description: dict[str, Any]
    counters: list[Counter]
    """Of predictions, by class."""


class Service:
    """One process's service."""

    def __init__(self, find: Find, settings: Settings, observers: tuple[Observer, ...] = ()) -> None:
        self.settings = settings
        self.telemetry = Telemetry()
        self.memory = Memory(settings.limits.max_memory_bytes)
        self.state: State = "loading"
        self.failure: Exception | None = None
        self.on_failure: Callable[[], None] = lambda: None
        self._find = find
        self._observers = observers
        self._active: Active | None = None
        self._reloading = asyncio.Lock()
        self.num_workers = settings.batching.num_workers or num_cores()
        self.telemetry.watch_ready(lambda: float(self.state == "ready"))
        self.telemetry.watch("winnow_queue_length", "Images that wait for a worker.", self._num_waiting)

    def _num_waiting(self) -> float:
        return self._active.batcher.num_waiting if self._active else 0

    @property
    def active(self) -> Active:
        """The model that answers. Raises Problem until there is one."""
        if self._active is None:
            raise retry_later(NOT_READY, "the model is not loaded yet", 1)
        return self._active

    @property
    def is_quiet(self) -> bool:
        """Whether nobody waits for a prediction, and nobody has for a moment: where one came, more will come."""
        return self._active is None or self._active.batcher.idle_s > _QUIET_S

    @property
    def full_for_s(self) -> int | None:
        """After how many seconds a client may come again while the queue is full; None: there is room, or no model."""
        return self._active.batcher.full_for_s if self._active else None

    @property
    def is_draining(self) -> bool:
        """Whether clients shall leave."""
        return self.state == "draining"

    async def begin(self) -> None:
        """Load the first model; afterwards the service is ready, or has failed."""
        try:
            await self.exchange(None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must end the process and not be lost in a task
            self.failure, self.state = error, "failed"
            self.on_failure()

    async def exchange(self, address: str | None) -> Active:
        """Load a model, and let it answer once it is warm; what the former one has taken in, it answers.

        Raises WinnowError and leaves everything as it was when there is no such model, or not the one expected.
        """
        async with self._reloading:
            new = await asyncio.to_thread(self._load, address)
            old, self._active = self._active, new
            self.telemetry.name_model(new.loaded)
            if self.state == "loading":
                self.state = "ready"
            logger.info("%s answers, up to %d images at once", new.loaded.name, new.batcher.limits.max_batch)
            if old is not None:
                await asyncio.to_thread(old.batcher.close)
                del old
                await asyncio.to_thread(give_back)
        return new

    @property
    def is_reloading(self) -> bool:
        """Whether a model is being loaded."""
        return self._reloading.locked()

    def _load(self, address: str | None) -> Active:
        source = self._find(address)
        require_model(source, self.settings.expected_model)
        loaded = load(source, num_threads=1, max_pixels=self.settings.limits.max_pixels)
        batching = self.settings.batching
        pace = warm_up(loaded.runtime, batching.max_batch or _LARGEST_BATCH)
        limits = batch_limits(batching, self.num_workers, pace)
        batcher = Batcher(partial(self._answer, loaded), limits, name="predict")
        batcher.start()
        description = {**loaded.describe(), "stage": self.settings.stage or None, "logged": self.settings.logged}
        counters = [self.telemetry.predictions.labels(label) for label in loaded.labels]
        return Active(loaded, batcher, description, counters)

    def _answer(self, loaded: Loaded, contents: list[bytes]) -> list[Result]:
        results = loaded.answer(contents)
        self.telemetry.note_batch(results)
        return results

    def note(self, answered: Answered) -> None:
        """Tell observers of an answer that was sent."""
        for observer in self._observers:
            try:
                observer(answered)
            except Exception:  # noqa: BLE001 - whatever collects must not end what answers
                logger.exception("an observer of answers failed")

    def observe(self, observer: Observer) -> None:
        """Tell one more."""
        self._observers = (*self._observers, observer)

    @property
    def is_observed(self) -> bool:
        """Whether anybody collects answers."""
        return bool(self._observers)

    def drain(self) -> None:
        """Ask clients to leave; what they still send is answered."""
        self.state = "draining"

    async def end(self) -> None:
        """Answer what waits, and stop the workers."""
        if self._active is not None:
            await asyncio.to_thread(self._active.batcher.close)


def batch_limits(batching: Batching, num_workers: int, pace: Pace) -> BatchLimits:
    """Return the limits of a model's queue: what was asked for, else what fits the model's pace.

    Whoever is let in during an overload waits for as long as two images take, and gets an answer in the time of a
    third. Below 30 ms that would send away the handful of clients that keep a fast model busy.
    """
    patience_s = batching.patience_ms / 1000 or max(_LEAST_PATIENCE_S, 2 * pace.single_s)
    max_batch = batching.max_batch or pace.best_batch
    return BatchLimits(num_workers, max_batch, batching.wait_ms / 1000, batching.max_queue, patience_s)
