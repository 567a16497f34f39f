import os
import signal
import threading

import pytest

from winnow.training.interrupts import deferred_interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_request_is_noted_and_the_second_stops(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with deferred_interrupts() as stop_requested:
        assert not stop_requested()
        os.kill(os.getpid(), number)
        assert stop_requested()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_outside_the_main_thread_nobody_asks() -> None:
    answers = []

    def work() -> None:
        with deferred_interrupts() as stop_requested:
            answers.append(stop_requested())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]
