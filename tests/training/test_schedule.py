import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.training.config import ScheduleConfig
from winnow.training.schedule import Schedule, build_schedule


def test_the_warm_up_is_a_straight_line_to_the_peak() -> None:
    schedule = Schedule(num_steps=100, num_warmup_steps=4, final_fraction=0.1)
    assert [schedule.fraction(step) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]


def test_the_cosine_passes_the_middle_and_ends_at_the_final_share() -> None:
    schedule = Schedule(num_steps=11, num_warmup_steps=1, final_fraction=0.2)
    assert schedule.fraction(0) == 1.0
    assert schedule.fraction(5) == pytest.approx(0.6)
    assert schedule.fraction(10) == pytest.approx(0.2)


def test_without_a_warm_up_the_first_step_has_the_peak() -> None:
    assert Schedule(num_steps=10, num_warmup_steps=0, final_fraction=0.0).fraction(0) == 1.0


@given(num_steps=st.integers(1, 60), warmup=st.integers(0, 60), final=st.floats(0.0, 1.0))
def test_the_rate_rises_then_falls_and_stays_within_its_bounds(num_steps: int, warmup: int, final: float) -> None:
    num_warmup_steps = min(warmup, num_steps)
    schedule = Schedule(num_steps=num_steps, num_warmup_steps=num_warmup_steps, final_fraction=final)
    shares = [schedule.fraction(step) for step in range(num_steps)]
    peak = max(num_warmup_steps - 1, 0)
    assert shares[: peak + 1] == sorted(shares[: peak + 1])
    assert all(later <= sooner + 1e-12 for sooner, later in zip(shares[peak:], shares[peak + 1 :], strict=False))
    assert shares[peak] == 1.0
    assert all(0.0 <= share <= 1.0 for share in shares)


def test_fractions_of_an_epoch_become_whole_steps() -> None:
    config = ScheduleConfig(warmup_epochs=0.5, final_lr_fraction=0.01)
    schedule = build_schedule(config, num_epochs=3, steps_per_epoch=7)
    assert schedule == Schedule(num_steps=21, num_warmup_steps=4, final_fraction=0.01)
