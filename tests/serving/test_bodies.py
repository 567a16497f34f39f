import asyncio
import base64
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from winnow.serving import bodies
from winnow.serving.bodies import Body, Memory, split
from winnow.serving.problems import Problem
from winnow.serving.settings import Limits

FORM = "multipart/form-data; boundary=edge"


def receive_of(*chunks: bytes, is_cut: bool = False) -> Callable[[], Awaitable[Mapping[str, Any]]]:
    messages: list[Mapping[str, Any]] = [
        {"type": "http.request", "body": chunk, "more_body": is_cut or number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]
    if is_cut:
        messages.append({"type": "http.disconnect"})
    waiting = iter(messages)

    async def receive() -> Mapping[str, Any]:
        return next(waiting)

    return receive


def read(body: Body, *chunks: bytes, declared: int | None = None, is_cut: bool = False) -> bytes:
    return asyncio.run(body.read(receive_of(*chunks, is_cut=is_cut), declared))


def images(content_type: str, body: bytes, max_images: int = 3) -> list[bytes]:
    return asyncio.run(split(content_type, body, max_images))


def part(content: bytes, name: str = "image", headers: bytes = b"") -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"; filename="x.png"'.encode()
    return b"--edge\r\n" + disposition + b"\r\n" + headers + b"\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--edge--\r\n"


def problem_of(ask: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(Problem) as caught:
        ask()
    return caught.value.kind.name, caught.value.kind.status


def test_a_body_is_put_together_and_its_room_given_back() -> None:
    memory = Memory(10)
    with Body(Limits(max_body_bytes=8), memory) as body:
        assert read(body, b"abc", b"", b"defgh") == b"abcdefgh"
        assert problem_of(lambda: memory.take(3)) == ("overloaded", 503)
    memory.take(10)


def test_what_is_declared_is_reserved_before_it_comes() -> None:
    memory = Memory(10)
    with Body(Limits(max_body_bytes=8), memory) as body:
        read(body, b"abc", declared=7)
        assert problem_of(lambda: memory.take(4)) == ("overloaded", 503)


@pytest.mark.parametrize(("chunks", "declared"), [((b"",), 9), ((b"123456789",), None), ((b"1234", b"56789"), 4)])
def test_more_than_may_be_is_refused_as_soon_as_it_is_known(chunks: tuple[bytes, ...], declared: int | None) -> None:
    with Body(Limits(max_body_bytes=8), Memory(100)) as body:
        assert problem_of(lambda: read(body, *chunks, declared=declared)) == ("too-large", 413)


def test_a_connection_that_breaks_off_is_no_image() -> None:
    with Body(Limits(), Memory(100)) as body:
        assert problem_of(lambda: read(body, b"abc", is_cut=True)) == ("bad-body", 400)


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def receive_slowly() -> Mapping[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    with Body(Limits(timeout_s=0.1), Memory(100)) as body, pytest.raises(Problem) as caught:
        asyncio.run(body.read(receive_slowly, None))
    assert caught.value.kind.status == 408
    assert caught.value.headers["Connection"] == "close"


@pytest.mark.parametrize("media", ["", "image/png", "IMAGE/JPEG", "image/x-unknown; q=1", "application/octet-stream"])
def test_raw_bytes_are_one_image(media: str) -> None:
    assert images(media, b"content") == [b"content"]


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x"])
def test_other_content_types_are_refused_with_those_that_are_taken(media: str) -> None:
    with pytest.raises(Problem) as caught:
        images(media, b"content")
    assert caught.value.kind.status == 415
    assert "multipart/form-data" in caught.value.headers["Accept-Post"]


def test_the_parts_of_a_form_are_images_in_their_order() -> None:
    body = form(part(b"one\r\n--edg"), part(b"", "file"), part(b"three", "images", b"Content-Type: image/png\r\n"))
    assert images(FORM, body) == [b"one\r\n--edg", b"", b"three"]


@pytest.mark.parametrize(
    ("content_type", "body", "found"),
    [
        ("multipart/form-data", form(part(b"x")), ("bad-body", 400)),
        (FORM, b"no form at all", ("bad-body", 400)),
        (FORM, part(b"x"), ("bad-body", 400)),
        (FORM, form(part(b"x"))[:-3], ("bad-body", 400)),
        (FORM, form(part(b"x", headers=b"A: b\r\n" * 17)), ("bad-body", 400)),
        (FORM, form(), ("no-image", 400)),
        (FORM, form(part(b"x", "password")), ("bad-value", 422)),
        (FORM, form(*[part(b"x")] * 4), ("too-large", 413)),
        (FORM, b"", ("no-image", 400)),
        ("multipart/form-data; boundary=" + "x" * 500, b"--" + b"x" * 500, ("bad-body", 400)),
    ],
)
def test_a_form_that_cannot_be_read_says_why(content_type: str, body: bytes, found: tuple[str, int]) -> None:
    assert problem_of(lambda: images(content_type, body)) == found


def test_base64_is_read_with_and_without_the_prefix_of_browsers() -> None:
    text = base64.b64encode(b"content").decode()
    body = json.dumps({"images": [text, f"data:image/png;base64,{text}"]}).encode()
    assert images("application/json; charset=utf-8", body) == [b"content", b"content"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"{", ("bad-body", 400)),
        (b"\xff", ("bad-body", 400)),
        (b"[" * 100_000, ("bad-body", 400)),
        (b'{"images": ["!!"]}', ("bad-body", 400)),
        ('{"images": ["ä"]}'.encode(), ("bad-body", 400)),
        (b'{"images": "eA=="}', ("bad-value", 422)),
        (b'{"images": [1]}', ("bad-value", 422)),
        (b"[]", ("bad-value", 422)),
        (b"{}", ("bad-value", 422)),
        (b'{"images": []}', ("no-image", 400)),
        (b'{"images": ["eA==", "eA==", "eA==", "eA=="]}', ("too-large", 413)),
    ],
)
def test_json_that_cannot_be_used_says_why(body: bytes, found: tuple[str, int]) -> None:
    assert problem_of(lambda: images("application/json", body)) == found


def test_large_bodies_are_taken_apart_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    monkeypatch.setattr(bodies, "_from_json", lambda *_: threads.append(threading.current_thread()) or [])
    images("application/json", b" " * 300_000)
    images("application/json", b" ")
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()
