import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from winnow.serving.admission import BatchLimits
from winnow.serving.model import Pace
from winnow.serving.service import Service, batch_limits
from winnow.serving.settings import Batching, Settings
from winnow.serving.source import find_source


def test_what_was_not_asked_for_fits_the_pace_of_the_model() -> None:
    limits = batch_limits(Batching(wait_ms=2), num_workers=3, pace=Pace(4, 0.03))
    assert limits == BatchLimits(num_workers=3, max_batch=4, wait_s=0.002, max_queue=256, patience_s=0.06)
    assert batch_limits(Batching(), 3, Pace(4, 0.0001)).patience_s == 0.03
    asked = batch_limits(Batching(max_batch=7, max_queue=9, patience_ms=80), 3, Pace(4, 0.03))
    assert asked == BatchLimits(num_workers=3, max_batch=7, wait_s=0, max_queue=9, patience_s=0.08)


def test_workers_and_batch_are_what_was_asked_for(colors: Path) -> None:
    async def look() -> Any:
        service = Service(lambda _: find_source(colors), Settings(batching=Batching(num_workers=3, max_batch=5)))
        assert service.is_quiet
        await service.begin()
        limits = service.active.batcher.limits
        await service.end()
        return limits

    limits = asyncio.run(look())
    assert (limits.num_workers, limits.max_batch) == (3, 5)


def test_a_former_model_answers_what_it_has_taken_in(
    colors: Path, write_model: Callable[..., Path], tmp_path: Path, picture: Callable[..., bytes]
) -> None:
    other = write_model(tmp_path, "v2.0.0")

    async def play() -> tuple[list[str], int]:
        service = Service(lambda address: find_source(other if address else colors), Settings())
        await service.begin()
        former = service.active
        asked = [asyncio.create_task(former.batcher.submit([picture()], 20)) for _ in range(50)]
        await asyncio.sleep(0)
        await service.exchange("other")
        answered = len(await asyncio.gather(*asked))
        names = [former.loaded.name, service.active.loaded.name]
        await service.end()
        return names, answered

    assert asyncio.run(play()) == (["classifier@v1.0.0", "classifier@v2.0.0"], 50)


def test_a_failed_exchange_is_the_callers_and_leaves_the_state(colors: Path) -> None:
    def find(address: str | None) -> Any:
        return find_source(colors if address is None else Path("absent"))

    async def play() -> str:
        service = Service(find, Settings())
        await service.begin()
        with pytest.raises(Exception, match="expected an exported model"):
            await service.exchange("absent")
        assert not service.is_reloading
        await service.end()
        return service.state

    assert asyncio.run(play()) == "ready"
