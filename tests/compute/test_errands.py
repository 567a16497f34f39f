import functools
import operator
import pickle

import pytest

from winnow.compute.errands import Errand
from winnow.errors import DivergenceError, WinnowError
from winnow.transforms.decode import ImageProblem, decode


def fail(error: WinnowError) -> None:
    raise error


def through_a_pickle(errand: Errand, item: object) -> object:
    return errand.unwrap(pickle.loads(pickle.dumps(errand(item))))


def test_a_result_passes_as_it_is() -> None:
    assert through_a_pickle(Errand(functools.partial(operator.mul, 2)), 21) == 42


@pytest.mark.parametrize(
    "error",
    [
        DivergenceError("the loss is not finite", hint="lower the learning rate"),
        ImageProblem("Q102", "an empty file", hint="copy it again"),
    ],
)
def test_our_errors_survive_the_journey_whole(error: WinnowError) -> None:
    with pytest.raises(type(error)) as caught:
        through_a_pickle(Errand(fail), error)
    assert str(caught.value) == str(error)
    assert vars(caught.value) == vars(error)


def test_an_error_of_ours_that_is_raised_by_real_work_keeps_its_check() -> None:
    with pytest.raises(ImageProblem) as caught:
        through_a_pickle(Errand(functools.partial(decode, max_pixels=1)), b"")
    assert caught.value.check == "Q102"


def test_other_errors_are_left_to_the_pool() -> None:
    with pytest.raises(ZeroDivisionError):
        Errand(functools.partial(operator.truediv, 1))(0)
