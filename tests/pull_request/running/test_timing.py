import pytest

from winnow.pull_request.running.timing import Clock


def test_steps_are_kept_in_order_also_those_that_fail() -> None:
    clock = Clock()
    with clock.step("first"):
        pass
    with pytest.raises(ValueError, match="no"), clock.step("second"):
        raise ValueError("no")
    assert [step.name for step in clock.steps] == ["first", "second"]
    assert all(0 <= step.seconds < 1 for step in clock.steps)
