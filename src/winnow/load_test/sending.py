"""The process that asks, with locust: `python -m winnow.load_test.sending FOLDER`.

FOLDER has the plan and the pictures; the answers go there, too. It is a process of its own because locust replaces the
blocking calls of the whole process by gevent's, which has to happen before anything else is imported.
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from winnow.load_test.answers import Answer, write_answers
from winnow.load_test.arrivals import arrivals
from winnow.load_test.plan import Plan, read_plan
from winnow.load_test.turns import Turns

PLAN = "plan.json"
ANSWERS = "answers.csv"
TOKEN = "WINNOW_LOAD_TOKEN"  # noqa: S105 - a variable's name
_TICK_S = 0.02
_REST_S = 1.0
_SHOWN = 200


class Sent(NamedTuple):
    """A request that is made once and sent often."""

    name: str
    body: bytes
    headers: dict[str, str]


def main(arguments: Sequence[str]) -> int:
    """Carry out the plan; return the exit code."""
    folder = Path(arguments[0])
    plan = read_plan(folder / PLAN)
    asking = Asking(plan, read_requests(folder, plan.form_field, os.environ.get(TOKEN, "")))
    try:
        _run(plan, asking)
    finally:
        write_answers(folder / ANSWERS, asking.answers)
    return 0


def read_requests(folder: Path, form_field: str, token: str) -> list[Sent]:
    """Return the pictures of a folder as requests."""
    index = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
    requests = []
    for number, (name, picture_type) in enumerate(index):
        content = (folder / f"{number}.bin").read_bytes()
        body, content_type = as_form(form_field, content, picture_type) if form_field else (content, picture_type)
        headers = {"Content-Type": content_type, "User-Agent": "winnow-load"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        requests.append(Sent(name, body, headers))
    return requests


def as_form(field: str, content: bytes, content_type: str) -> tuple[bytes, str]:
    """Return the body of a form with one file, and its content type."""
    boundary = secrets.token_hex(16)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="picture"\r\n'
    head += f"Content-Type: {content_type}\r\n\r\n"
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


class Asking:
    """What the clients share: the next picture, the arrivals, the answers."""

    def __init__(self, plan: Plan, requests: Sequence[Sent], clock: Callable[[], float] = time.perf_counter) -> None:
        self._plan = plan
        self._requests = requests
        self._clock = clock
        self._begun = clock()
        self._num_sent = 0
        self._under_way: dict[int, tuple[float, float, str]] = {}
        self.turns: Turns | None = None
        """In an open loop."""

        self.is_over = False
        self.answers: list[Answer] = []

    @property
    def now_s(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._begun

    @property
    def is_busy(self) -> bool:
        """Whether anybody still waits."""
        return bool(self._under_way) or bool(self.turns and self.turns.num_late)

    def begin(self) -> None:
        """Now it begins."""
        self._begun = self._clock()

    def ask(self, client: Any, rest: Callable[[], None]) -> None:
        """Send the next picture when its time has come; when all is over, rest. `client` is locust's."""
        due_s = self.turns.take() if self.turns else self.now_s
        if self.is_over and not self.turns:
            rest()
            return
        number = self._num_sent
        self._num_sent += 1
        request = self._requests[number % len(self._requests)]
        sent_s = self.now_s
        self._under_way[number] = (due_s, sent_s, request.name)
        answer = client.post(
            self._plan.path, data=request.body, headers=request.headers, name="predict", allow_redirects=False
        )
        ended_s = self.now_s
        if self._under_way.pop(number, None):
            error = "" if answer.status_code else repr(getattr(answer, "error", None))[:_SHOWN]
            self.answers.append(Answer(due_s, sent_s, ended_s, answer.status_code, request.name, error))

    def give_up(self) -> None:
        """Note what was never answered, or never even sent, as errors: a load test that forgets them flatters."""
        now_s = self.now_s
        for due_s, sent_s, name in self._under_way.values():
            self.answers.append(Answer(due_s, sent_s, now_s, 0, name, "no answer until the end"))
        self._under_way.clear()
        for due_s in self.turns.drop() if self.turns else []:
            self.answers.append(Answer(due_s, now_s, now_s, 0, "", "every client was busy until the end"))


def _run(plan: Plan, asking: Asking) -> None:
    # Importing locust replaces sockets and sleeping in this process.
    import gevent
    from gevent.event import AsyncResult
    from locust import FastHttpUser, task
    from locust.env import Environment

    class Client(FastHttpUser):
        host = plan.url
        insecure = False  # a token may travel
        network_timeout = plan.timeout_s
        connection_timeout = plan.timeout_s

        @task
        def ask(self) -> None:
            asking.ask(self.client, lambda: gevent.sleep(_REST_S))

    if plan.is_open:
        asking.turns = Turns(AsyncResult)
    runner = Environment(user_classes=[Client], host=plan.url).create_local_runner()
    asking.begin()
    runner.start(plan.num_clients, spawn_rate=plan.num_clients)
    if asking.turns:
        while runner.user_count < plan.num_clients:
            gevent.sleep(_TICK_S)
        asking.begin()
        for due_s in arrivals(plan.rate_per_s, plan.end_s, plan.seed):
            gevent.sleep(max(0.0, due_s - asking.now_s))
            asking.turns.arrive(due_s)
    gevent.sleep(max(0.0, plan.end_s - asking.now_s))
    asking.is_over = True
    while asking.is_busy and asking.now_s < plan.end_s + plan.timeout_s:
        gevent.sleep(_TICK_S)
    asking.give_up()
    runner.quit()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
