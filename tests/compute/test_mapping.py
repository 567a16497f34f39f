import functools
import itertools
import operator
import os

import pytest

from winnow.compute.mapping import map_ordered
from winnow.transforms.decode import ImageProblem, decode

double = functools.partial(operator.mul, 2)


def test_results_come_in_the_order_of_the_items() -> None:
    assert list(map_ordered(double, range(5), workers=1)) == [0, 2, 4, 6, 8]


def test_nothing_gives_nothing() -> None:
    assert list(map_ordered(double, [], workers=2)) == []


def test_one_worker_and_few_items_stay_in_this_process() -> None:
    here = os.getpid()
    assert set(map_ordered(lambda _: os.getpid(), range(9), workers=1)) == {here}
    assert set(map_ordered(lambda _: os.getpid(), range(9), workers=2, inline_items=9)) == {here}


def test_inline_items_are_read_one_by_one() -> None:
    numbers = itertools.count()
    results = map_ordered(double, numbers, workers=1)
    assert [next(results), next(results)] == [0, 2]
    assert next(numbers) < 5


@pytest.mark.slow
def test_processes_keep_the_order_and_run_little_ahead() -> None:
    numbers = itertools.count()
    results = map_ordered(lambda item: (item, os.getpid()), numbers, workers=2)
    pairs = [next(results) for _ in range(50)]
    assert [item for item, _ in pairs] == list(range(50))
    assert os.getpid() not in {process for _, process in pairs}
    assert next(numbers) <= 50 + 2 * 2 + 2
    results.close()


@pytest.mark.slow
def test_an_error_in_a_worker_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_ordered(functools.partial(operator.truediv, 1), [1, 2, 0, 4], workers=2))


@pytest.mark.slow
def test_an_error_that_a_person_can_mend_arrives_whole() -> None:
    with pytest.raises(ImageProblem, match="expected an image") as caught:
        list(map_ordered(functools.partial(decode, max_pixels=9), [b"no image", b"none"], workers=2))
    assert caught.value.check == "Q101"
    assert caught.value.hint.startswith("readable formats")
