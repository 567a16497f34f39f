import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from winnow.serving.admission import Admission, BatchLimits, Overloaded
from winnow.serving.batcher import Batcher

LIMITS = BatchLimits(num_workers=1, max_batch=4, wait_s=0, max_queue=8, patience_s=60)


class Doubling:
    """Work that doubles, notes its batches, and goes on only when it may."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go = threading.Event()
        self.may_go.set()

    def __call__(self, payloads: list[int]) -> list[int | Exception]:
        self.batches.append(list(payloads))
        assert self.may_go.wait(20)
        return [2 * payload for payload in payloads]


@contextmanager
def batching(
    work: Callable[[list[int]], Any], limits: BatchLimits = LIMITS, **more: Any
) -> Iterator[Batcher[int, int]]:
    batcher: Batcher[int, int] = Batcher(work, limits, **more)
    batcher.start()
    try:
        yield batcher
    finally:
        batcher.close()


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(4000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to pass")


async def values(batcher: Batcher[int, int], *payloads: int) -> list[Any]:
    return [done.value for done in await batcher.submit(payloads, 20)]


def test_results_come_in_the_order_of_what_was_asked() -> None:
    with batching(Doubling()) as batcher:
        assert asyncio.run(values(batcher, 3, 1, 2)) == [6, 2, 4]


def test_what_comes_while_a_worker_is_busy_travels_together_up_to_the_limit() -> None:
    work = Doubling()

    async def play(batcher: Batcher[int, int]) -> list[Any]:
        work.may_go.clear()
        first = asyncio.create_task(values(batcher, 0))
        await until(lambda: len(work.batches) == 1)
        rest = [asyncio.create_task(values(batcher, number)) for number in range(1, 7)]
        await until(lambda: batcher.num_waiting == 6)
        assert not batcher.is_idle
        work.may_go.set()
        return await asyncio.gather(first, *rest)

    with batching(work) as batcher:
        assert asyncio.run(play(batcher)) == [[2 * number] for number in range(7)]
    assert work.batches == [[0], [1, 2, 3, 4], [5, 6]]


def test_workers_with_nothing_to_do_share_what_comes_at_once() -> None:
    work = Doubling()
    limits = BatchLimits(num_workers=2, max_batch=8, wait_s=0, max_queue=8, patience_s=60)

    async def play(batcher: Batcher[int, int]) -> list[Any]:
        await until(lambda: batcher.is_idle)
        work.may_go.clear()
        asked = asyncio.create_task(values(batcher, *range(8)))
        await until(lambda: len(work.batches) == 2)
        work.may_go.set()
        return await asked

    with batching(work, limits) as batcher:
        assert asyncio.run(play(batcher)) == [2 * number for number in range(8)]
    assert sorted(map(len, work.batches)) == [4, 4]


def test_a_batch_waits_for_more_until_the_deadline_of_its_oldest() -> None:
    work = Doubling()
    limits = BatchLimits(num_workers=1, max_batch=3, wait_s=0.3, max_queue=8, patience_s=60)

    async def play(batcher: Batcher[int, int]) -> float:
        started = time.monotonic()
        await asyncio.gather(values(batcher, 1), values(batcher, 2))
        waited = time.monotonic() - started
        await asyncio.gather(*(values(batcher, number) for number in (3, 4, 5)))
        assert time.monotonic() - started - waited < 0.25, "a full batch waits for nobody"
        return waited

    with batching(work, limits) as batcher:
        assert asyncio.run(play(batcher)) >= 0.29
    assert work.batches == [[1, 2], [3, 4, 5]]


def test_a_full_queue_refuses_and_says_when_to_come_again() -> None:
    work = Doubling()

    async def play(batcher: Batcher[int, int]) -> list[Any]:
        work.may_go.clear()
        tasks = [asyncio.create_task(values(batcher, 0))]
        await until(lambda: len(work.batches) == 1)
        tasks += [asyncio.create_task(values(batcher, number)) for number in range(1, 9)]
        await until(lambda: batcher.num_waiting == 8)
        with pytest.raises(Overloaded) as refused:
            await batcher.submit([9], 20)
        assert refused.value.retry_after_s >= 1
        with pytest.raises(Overloaded):
            batcher.require_room()
        assert batcher.num_waiting == 8
        work.may_go.set()
        return await asyncio.gather(*tasks)

    with batching(work) as batcher:
        assert len(asyncio.run(play(batcher))) == 9


def test_a_burst_may_wait_since_nobody_did_a_moment_ago_and_an_overload_may_not() -> None:
    work, clock = Doubling(), [100.0]
    limits = BatchLimits(num_workers=1, max_batch=1, wait_s=0, max_queue=6, patience_s=0)

    async def play(batcher: Batcher[int, int]) -> None:
        batcher._admission = Admission(limits, lambda: clock[0])
        await values(batcher, 0)
        clock[0] += 60
        work.may_go.clear()
        tasks = [asyncio.create_task(values(batcher, 1))]
        await until(lambda: len(work.batches) == 2)
        tasks += [asyncio.create_task(values(batcher, number)) for number in (2, 3)]
        await until(lambda: batcher.num_waiting == 2)
        batcher.require_room()
        clock[0] += 60
        with pytest.raises(Overloaded):
            batcher.require_room()
        work.may_go.set()
        await asyncio.gather(*tasks)

    with batching(work, limits) as batcher:
        asyncio.run(play(batcher))


def test_an_empty_queue_takes_more_than_may_wait() -> None:
    limits = BatchLimits(num_workers=1, max_batch=1, wait_s=0, max_queue=6, patience_s=0)
    with batching(Doubling(), limits) as batcher:
        assert asyncio.run(values(batcher, *range(9))) == [2 * number for number in range(9)]


def test_who_waits_too_long_hears_so_and_nobody_works_for_nothing() -> None:
    work = Doubling()

    async def play(batcher: Batcher[int, int]) -> None:
        work.may_go.clear()
        first = asyncio.create_task(values(batcher, 0))
        await until(lambda: len(work.batches) == 1)
        with pytest.raises(TimeoutError):
            await batcher.submit([1], 0.01)
        work.may_go.set()
        assert await first == [0]
        assert await values(batcher, 2) == [4]

    with batching(work) as batcher:
        asyncio.run(play(batcher))
    assert [1] not in work.batches


def test_a_mistake_in_the_work_ends_its_batch_and_never_the_worker() -> None:
    def work(payloads: list[int]) -> list[int | Exception]:
        if payloads == [1]:
            raise ZeroDivisionError
        return list(payloads)

    with batching(work) as batcher:
        assert isinstance(asyncio.run(values(batcher, 1))[0], ZeroDivisionError)
        assert asyncio.run(values(batcher, 2)) == [2]


def test_closing_answers_what_waits_and_takes_nothing_more() -> None:
    work = Doubling()

    async def play(batcher: Batcher[int, int]) -> list[Any]:
        work.may_go.clear()
        tasks = [asyncio.create_task(values(batcher, number)) for number in range(5)]
        await until(lambda: batcher.num_waiting > 0)
        closing = asyncio.create_task(asyncio.to_thread(batcher.close))
        await asyncio.sleep(0.02)
        with pytest.raises(Overloaded):
            await batcher.submit([9], 1)
        work.may_go.set()
        await closing
        return await asyncio.gather(*tasks)

    with batching(work) as batcher:
        assert asyncio.run(play(batcher)) == [[0], [2], [4], [6], [8]]


def test_a_loop_that_is_gone_disturbs_no_worker() -> None:
    work = Doubling()

    async def leave(batcher: Batcher[int, int]) -> None:
        work.may_go.clear()
        task = asyncio.create_task(values(batcher, 1))
        await until(lambda: len(work.batches) == 1)
        task.cancel()

    with batching(work) as batcher:
        asyncio.run(leave(batcher))
        work.may_go.set()
        assert asyncio.run(values(batcher, 2)) == [4]


def test_each_thread_is_prepared_before_its_first_batch() -> None:
    prepared: list[str] = []
    work = Doubling()
    with batching(
        work, prepare_thread=lambda: prepared.append(threading.current_thread().name), name="slow"
    ) as batcher:
        asyncio.run(values(batcher, 1))
    assert prepared == ["slow-0"]


def test_how_long_nobody_has_waited_is_known() -> None:
    work = Doubling()

    async def play(batcher: Batcher[int, int]) -> None:
        await until(lambda: batcher.idle_s > 0.05)
        work.may_go.clear()
        asked = asyncio.create_task(values(batcher, 1))
        await until(lambda: len(work.batches) == 1)
        assert batcher.idle_s == 0
        work.may_go.set()
        await asked
        await until(lambda: batcher.is_idle)
        assert batcher.idle_s < 0.05

    with batching(work) as batcher:
        asyncio.run(play(batcher))
