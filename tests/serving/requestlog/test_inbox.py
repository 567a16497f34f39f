import threading
import time
from collections.abc import Callable

from winnow.serving.answered import Answered
from winnow.serving.requestlog.inbox import Inbox

Make = Callable[..., Answered]


def test_what_is_put_first_is_taken_first(answered: Make) -> None:
    inbox = Inbox(100)
    assert inbox.put(answered("a"), 10)
    assert inbox.put(answered("b"), 10)
    assert [inbox.take(0).request_id for _ in range(2)] == ["a", "b"]  # type: ignore[union-attr]
    assert inbox.take(0) is None


def test_it_is_bounded_by_bytes_but_an_empty_one_takes_anything(answered: Make) -> None:
    inbox = Inbox(100)
    assert inbox.put(answered(), 1000)
    assert not inbox.put(answered(), 1)
    inbox.take(0)
    assert inbox.put(answered(), 60)
    assert inbox.put(answered(), 40)
    assert not inbox.put(answered(), 1)


def test_when_it_is_closed_the_rest_is_taken_and_then_it_is_done(answered: Make) -> None:
    inbox = Inbox(100)
    inbox.put(answered(), 1)
    inbox.close()
    assert not inbox.put(answered(), 1)
    assert not inbox.is_done
    assert inbox.take(5) is not None
    assert inbox.is_done
    assert inbox.take(5) is None


def test_who_waits_is_woken_by_news_and_by_the_end(answered: Make) -> None:
    inbox, taken = Inbox(100), []
    thread = threading.Thread(target=lambda: taken.extend([inbox.take(20), inbox.take(20)]))
    started = time.monotonic()
    thread.start()
    inbox.put(answered("a"), 1)
    while not taken and time.monotonic() - started < 5 and inbox._waiting:
        pass
    inbox.close()
    thread.join(10)
    assert time.monotonic() - started < 10
    assert taken[0].request_id == "a"
    assert taken[1] is None
