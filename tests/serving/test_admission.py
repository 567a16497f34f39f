import pytest

from winnow.serving.admission import Admission, BatchLimits, Overloaded

LIMITS = BatchLimits(num_workers=2, max_batch=4, wait_s=0, max_queue=40, patience_s=0.05)
STEP_S = 0.1


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def admission(clock: Clock) -> Admission:
    """With workers that answer a hundred images a second."""
    admission = Admission(LIMITS, clock)
    admission.note_batch(spent_s=0.04, num_images=2)
    return admission


def is_taken(admission: Admission, num_waiting: int, num_jobs: int = 1) -> bool:
    try:
        admission.require_room(num_waiting, num_jobs)
    except Overloaded:
        return False
    return True


def overload(admission: Admission, clock: Clock) -> None:
    """Let too many wait until it is one."""
    for _ in range(6):
        clock.now_s += STEP_S
        last = is_taken(admission, 10)
    assert not last


def test_an_empty_queue_takes_any_number_and_a_batch_may_always_wait(admission: Admission, clock: Clock) -> None:
    overload(admission, clock)
    assert is_taken(admission, 0, 99)
    assert is_taken(admission, 3)
    assert not is_taken(admission, 30, 11)


def test_a_burst_may_wait_a_quarter_of_a_second(admission: Admission) -> None:
    assert is_taken(admission, 24)
    with pytest.raises(Overloaded) as full:
        admission.require_room(25, 1)
    assert full.value.retry_after_s == 1


def test_more_than_the_queue_holds_are_refused_in_a_burst_too(admission: Admission) -> None:
    for _ in range(200):
        admission.note_batch(spent_s=0.0, num_images=1)
    assert is_taken(admission, 39)
    assert not is_taken(admission, 40)


def test_a_queue_that_does_not_get_empty_is_an_overload(admission: Admission, clock: Clock) -> None:
    clock.now_s += 0.4
    assert is_taken(admission, 10)
    admission.note_empty()
    clock.now_s += 0.4
    assert is_taken(admission, 10), "it was empty a moment ago"
    clock.now_s += 0.2
    assert not is_taken(admission, 10)
    assert is_taken(admission, 4), "what is answered in time may wait"


def test_one_empty_moment_does_not_end_an_overload_and_a_calm_one_does(admission: Admission, clock: Clock) -> None:
    overload(admission, clock)
    for _ in range(9):
        admission.note_empty()
        clock.now_s += STEP_S
        assert not is_taken(admission, 10)
    clock.now_s += 0.3
    admission.note_empty()
    assert is_taken(admission, 10)


def test_who_is_refused_hears_when_the_queue_will_be_done(clock: Clock) -> None:
    admission = Admission(BatchLimits(num_workers=1, max_batch=1, wait_s=0, max_queue=40, patience_s=0.05), clock)
    admission.note_batch(spent_s=0.5, num_images=1)
    with pytest.raises(Overloaded) as full:
        admission.require_room(9, 1)
    assert full.value.retry_after_s == 5


def test_how_fast_workers_are_follows_them_slowly(admission: Admission) -> None:
    admission.note_batch(spent_s=2.0, num_images=1)
    assert not is_taken(admission, 23)
    for _ in range(100):
        admission.note_batch(spent_s=0.02, num_images=1)
    assert is_taken(admission, 23)
