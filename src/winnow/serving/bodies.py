"""The body of a request: read within limits, in memory only, and taken apart into the bytes of images."""

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from winnow.serving.problems import (
    BAD_BODY,
    BAD_VALUE,
    MEDIA,
    NO_IMAGE,
    OVERLOADED,
    SLOW_BODY,
    TOO_LARGE,
    Problem,
    printable,
    retry_later,
)
from winnow.serving.settings import Limits

FIELDS = frozenset({"image", "images", "file", "files"})
FORMS = "multipart/form-data, application/json, image/* or application/octet-stream"
_BY_THREAD = 1 << 18
_MAX_PART_HEADERS = 16

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Memory:
    """The bytes that all bodies together may hold."""

    def __init__(self, limit_bytes: int) -> None:
        self._left = limit_bytes

    def take(self, num_bytes: int) -> None:
        """Raise a Problem when there is no room for more."""
        if num_bytes > self._left:
            raise retry_later(OVERLOADED, "the service holds as many bytes of requests as it may", 1)
        self._left -= num_bytes

    def give_back(self, num_bytes: int) -> None:
        """Make room again."""
        self._left += num_bytes


class Body:
    """The bytes of one request, and the room that they take until they are released."""

    def __init__(self, limits: Limits, memory: Memory) -> None:
        self._limits = limits
        self._memory = memory
        self._held = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._memory.give_back(self._held)
        self._held = 0

    async def read(self, receive: Receive, declared: int | None) -> bytes:
        """Return all of it. Raises Problem: too large, too slow, or broken off."""
        if declared is not None and declared > self._limits.max_body_bytes:
            raise self._too_large()
        if declared:
            self._hold(declared)
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                return await self._read_all(receive)
        except TimeoutError:
            raise Problem(
                SLOW_BODY,
                f"the body did not arrive within {self._limits.timeout_s:g} s",
                headers={"Connection": "close"},
            ) from None

    async def _read_all(self, receive: Receive) -> bytes:
        message = await receive()
        first = self._checked(message)
        if not message.get("more_body"):
            return first
        content = bytearray(first)
        while message.get("more_body"):
            message = await receive()
            content += self._checked(message, len(content))
        return bytes(content)

    def _checked(self, message: Mapping[str, Any], before: int = 0) -> bytes:
        if message["type"] == "http.disconnect":
            raise Problem(BAD_BODY, "the connection was closed before the body had arrived")
        chunk: bytes = message.get("body", b"")
        if before + len(chunk) > self._limits.max_body_bytes:
            raise self._too_large()
        self._hold(before + len(chunk))
        return chunk

    def _hold(self, num_bytes: int) -> None:
        if num_bytes > self._held:
            self._memory.take(num_bytes - self._held)
            self._held = num_bytes

    def _too_large(self) -> Problem:
        return Problem(TOO_LARGE, f"expected a body of at most {self._limits.max_body_bytes} bytes")


async def split(content_type: str, body: bytes, max_images: int) -> list[bytes]:
    """Return the bytes of each image in a body. Raises Problem."""
    if not body:
        raise Problem(NO_IMAGE, "the body is empty: expected an image")
    media, _, _ = content_type.partition(";")
    media = media.strip().lower()
    if not media or media.startswith("image/") or media == "application/octet-stream":
        return [body]
    take = {"multipart/form-data": _from_form, "application/json": _from_json}.get(media)
    if take is None:
        raise Problem(MEDIA, f"expected {FORMS}", headers={"Accept-Post": FORMS.replace(" or", ",")})
    if len(body) < _BY_THREAD:
        return take(content_type, body, max_images)
    return await asyncio.to_thread(take, content_type, body, max_images)


class _Form:
    """Takes the parts of a form as the parser finds them."""

    def __init__(self, max_images: int) -> None:
        self.images: list[bytes] = []
        self._max_images = max_images
        self._content = bytearray()
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._num_headers = 0
        self.is_complete = False

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """Return what the parser calls."""
        names = (
            *("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end", "headers_finished"),
            "end",
        )
        return {f"on_{name}": getattr(self, name) for name in names}

    def part_begin(self) -> None:
        if len(self.images) >= self._max_images:
            raise _too_many(self._max_images)
        self._content, self._disposition, self._num_headers = bytearray(), b"", 0

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._num_headers += 1
        if self._num_headers > _MAX_PART_HEADERS:
            raise Problem(BAD_BODY, "a part of the form has too many headers")
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def headers_finished(self) -> None:
        name = parse_options_header(self._disposition)[1].get(b"name", b"").decode("utf-8", "replace")
        if name not in FIELDS:
            raise Problem(BAD_VALUE, f"expected fields called {', '.join(sorted(FIELDS))}, got {printable(name)!r}")

    def part_data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def part_end(self) -> None:
        self.images.append(bytes(self._content))

    def end(self) -> None:
        self.is_complete = True


def _from_form(content_type: str, body: bytes, max_images: int) -> list[bytes]:
    form = _Form(max_images)
    try:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            raise Problem(BAD_BODY, "expected a boundary in the content type of a form")
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type] # its type names each key
        parser.write(body)
        parser.finalize()
    except (MultipartParseError, UnicodeError, ValueError):
        raise Problem(BAD_BODY, "the form cannot be read: its parts do not fit its boundary") from None
    if not form.is_complete:
        raise Problem(BAD_BODY, "the form is cut: its last boundary is missing")
    if not form.images:
        raise Problem(NO_IMAGE, "the form has no image")
    return form.images


def _from_json(_: str, body: bytes, max_images: int) -> list[bytes]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(BAD_BODY, "the body is no JSON") from None
    images = content.get("images") if isinstance(content, dict) else None
    if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
        raise Problem(BAD_VALUE, 'expected {"images": ["base64", ...]}')
    if not images:
        raise Problem(NO_IMAGE, "`images` is empty")
    if len(images) > max_images:
        raise _too_many(max_images)
    return [_from_base64(image, index) for index, image in enumerate(images)]


def _from_base64(text: str, index: int) -> bytes:
    # A browser's FileReader gives `data:image/png;base64,...`.
    _, _, content = text.partition(",") if text.startswith("data:") else ("", "", text)
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Problem(BAD_BODY, "expected base64", more={"index": index}) from None


def _too_many(max_images: int) -> Problem:
    return Problem(TOO_LARGE, f"expected at most {max_images} images in a request")
