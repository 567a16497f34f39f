"""The process that asks: its parts here, all of it in tests/behaviour/test_load.py."""

import email
import itertools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from winnow.load_test.pictures import Picture, write_pictures
from winnow.load_test.plan import Plan
from winnow.load_test.sending import Asking, Sent, as_form, read_requests
from winnow.load_test.turns import Turns

PLAN = Plan("http://127.0.0.1", rate_per_s=1, duration_s=10, warm_up_s=0)
REQUESTS = [Sent("first", b"1", {}), Sent("second", b"2", {})]


def never() -> None:
    raise AssertionError("there is something to do")


class Client:
    """Answers with a status after a time."""

    def __init__(self, clock: list[float], status: int = 200, spend_s: float = 0.25) -> None:
        self.clock, self.status, self.spend_s = clock, status, spend_s
        self.bodies: list[bytes] = []

    def post(self, path: str, *, data: bytes, **_: Any) -> SimpleNamespace:
        assert path == "/v1/predict"
        self.bodies.append(data)
        self.clock[0] += self.spend_s
        return SimpleNamespace(status_code=self.status, error=None if self.status else TimeoutError("slow"))


def asking(clock: list[float]) -> Asking:
    return Asking(PLAN, REQUESTS, lambda: clock[0])


def test_pictures_take_turns() -> None:
    clock = [0.0]
    client, desk = Client(clock), asking(clock)
    for _ in range(3):
        desk.ask(client, never)
    assert client.bodies == [b"1", b"2", b"1"]
    assert [each.picture for each in desk.answers] == ["first", "second", "first"]


def test_in_an_open_loop_a_request_that_waited_here_is_as_slow_as_it_was_for_its_sender() -> None:
    clock = [0.0]
    desk = asking(clock)
    desk.turns = Turns(lambda: never)  # type: ignore[arg-type,return-value]  # nobody has to wait
    desk.turns.arrive(0.5)
    assert desk.is_busy
    clock[0] = 3.0
    desk.ask(Client(clock), never)
    (answer,) = desk.answers
    assert (answer.due_s, answer.sent_s, answer.ended_s, answer.latency_ms) == (0.5, 3.0, 3.25, 2750)
    assert not desk.is_busy


def test_what_is_never_answered_and_what_is_never_sent_are_errors() -> None:
    clock = [0.0]
    desk = asking(clock)
    desk.turns = Turns(lambda: never)  # type: ignore[arg-type,return-value]
    desk.turns.arrive(0.5)
    desk.turns.arrive(0.75)

    class Silent(Client):
        def post(self, *_: Any, **__: Any) -> SimpleNamespace:
            raise SystemExit  # as a greenlet that is killed

    try:
        desk.ask(Silent(clock), never)
    except SystemExit:
        clock[0] = 10.0
    desk.give_up()
    assert [(each.due_s, each.ended_s, each.status) for each in desk.answers] == [(0.5, 10.0, 0), (0.75, 10.0, 0)]
    assert not desk.is_busy


def test_no_answer_in_time_says_why() -> None:
    clock = [0.0]
    desk = asking(clock)
    desk.ask(Client(clock, status=0), never)
    assert (desk.answers[0].status, desk.answers[0].error) == (0, "TimeoutError('slow')")


def test_users_rest_when_all_is_over() -> None:
    clock = [0.0]
    client, desk = Client(clock), asking(clock)
    rested = itertools.count()
    desk.is_over = True
    rest: Callable[[], Any] = lambda: next(rested)  # noqa: E731
    desk.ask(client, rest)
    assert (next(rested), client.bodies, desk.answers) == (1, [], [])


def test_a_form_has_the_picture_in_its_field() -> None:
    content = bytes(range(256)) + b"\r\n--"
    body, content_type = as_form("image", content, "image/png")
    message = email.message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    (part,) = message.get_payload()  # type: ignore[misc]
    assert part.get_param("name", header="content-disposition") == "image"  # type: ignore[union-attr]
    assert part.get_content_type() == "image/png"  # type: ignore[union-attr]
    assert b"\r\n\r\n" + content + b"\r\n--" in body


def test_requests_carry_type_and_token(tmp_path: Path) -> None:
    write_pictures(tmp_path, [Picture("a", b"abc", "image/gif")])
    (plain,) = read_requests(tmp_path, "", "")
    assert (plain.name, plain.body, plain.headers["Content-Type"]) == ("a", b"abc", "image/gif")
    assert "Authorization" not in plain.headers
    (form,) = read_requests(tmp_path, "file", "key-1")
    assert form.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert form.headers["Authorization"] == "Bearer key-1"
