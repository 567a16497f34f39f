import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from winnow.serving import refusing
from winnow.serving.admission import Overloaded
from winnow.serving.batcher import Batcher
from winnow.serving.gate import HEADERS
from winnow.serving.problems import OVERLOADED, answer, retry_later
from winnow.serving.refusing import Refusal
from winnow.serving.settings import Access, Settings
from winnow.serving.telemetry import Telemetry


def sent(request_id: bytes, *, is_last: bool = False) -> tuple[dict[bytes, bytes], bytes]:
    """Return headers and body of a refusal for 7 s."""
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    refusal = Refusal(Telemetry(), "/v1/predict", HEADERS)
    asyncio.run(refusal.send(send, request_id, 7, is_last=is_last))
    start, body = messages
    assert start["status"] == 503
    return dict(start["headers"]), body["body"]


def test_its_content_is_that_of_any_other_problem() -> None:
    headers, body = sent(b"order-7")
    assert json.loads(body) == json.loads(answer(retry_later(OVERLOADED, "the queue is full", 7), "order-7").body)
    assert headers[b"content-type"] == b"application/problem+json"
    assert int(headers[b"content-length"]) == len(body)
    assert (headers[b"retry-after"], headers[b"x-request-id"]) == (b"7", b"order-7")
    assert dict(HEADERS).items() <= headers.items()
    assert b"connection" not in headers


def test_who_drains_asks_the_client_to_leave() -> None:
    assert sent(b"1", is_last=True)[0][b"connection"] == b"close"


def test_who_is_refused_waits_a_little_unless_too_many_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusing, "PAUSE_S", 3600.0)
    monkeypatch.setattr(refusing, "MAX_PAUSED", 2)
    refusal = Refusal(Telemetry(), "/v1/predict", HEADERS)

    async def crowd() -> list[bool]:
        tasks = [asyncio.create_task(refusal.pause()) for _ in range(3)]
        await asyncio.wait(tasks, timeout=1, return_when=asyncio.FIRST_COMPLETED)
        done = [task.done() for task in tasks]
        tasks[0].cancel()
        await asyncio.wait([tasks[0]])
        tasks.append(asyncio.create_task(refusal.pause()))  # a client that left makes room for another
        await asyncio.sleep(0)
        done.append(tasks[3].done())
        for task in tasks:
            task.cancel()
        return done

    assert asyncio.run(crowd()) == [False, False, True, False]


def test_a_full_queue_is_refused_before_anything_is_read(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, picture: Callable[..., bytes]
) -> None:
    def full(*_: object) -> None:
        raise Overloaded(3)

    def never(*_: object) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr(Batcher, "require_room", full)
    monkeypatch.setattr("winnow.serving.predicting.Body", never)
    refused = client.post("/v1/predict", content=picture(), headers={"X-Request-ID": "mine"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "3")
    assert refused.json()["type"] == "urn:problem-type:winnow:overloaded"
    assert refused.json()["instance"] == "urn:winnow:request:mine"
    assert refused.headers["x-content-type-options"] == "nosniff"
    text = client.get("/metrics").text
    assert 'winnow_requests_total{route="/v1/predict",status="503"} 1.0' in text
    assert 'winnow_refused_total{type="overloaded"} 1.0' in text
    assert 'winnow_request_seconds_count{route="/v1/predict"} 1.0' in text
    assert client.get("/v1/predict").status_code == 405
    assert client.get("/readyz").status_code == 200


def test_who_may_not_ask_does_not_learn_how_full_it_is(
    open_client: Callable[..., Any], colors: Path, monkeypatch: pytest.MonkeyPatch, picture: Callable[..., bytes]
) -> None:
    def full(*_: object) -> None:
        raise Overloaded(1)

    monkeypatch.setattr(Batcher, "require_room", full)
    with open_client(colors, Settings(access=Access(api_keys=("key",)))) as client:
        assert client.post("/v1/predict", content=picture()).status_code == 401
        assert client.post("/v1/predict", content=picture(), headers={"X-API-Key": "key"}).status_code == 503
