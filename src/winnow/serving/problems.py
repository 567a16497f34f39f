"""What a client did wrong, or what the service cannot do now, as RFC 9457 problem documents: typed and short."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from winnow.transforms.decode import ImageProblem

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:problem-type:winnow:"
MAX_DETAIL = 300


@dataclass(frozen=True)
class Kind:
    """A type of problem: what stands in `type`, `title` and `status`."""

    name: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """The `type`."""
        return PREFIX + self.name


BAD_BODY = Kind("bad-body", 400, "The body cannot be read")
NO_IMAGE = Kind("no-image", 400, "There is no image")
UNAUTHORIZED = Kind("unauthorized", 401, "A key is needed")
NOT_FOUND = Kind("not-found", 404, "There is nothing here")
BAD_METHOD = Kind("method-not-allowed", 405, "Another method is needed")
SLOW_BODY = Kind("slow-body", 408, "The body did not arrive in time")
CONFLICT = Kind("conflict", 409, "This cannot be done now")
TOO_LARGE = Kind("too-large", 413, "There is too much of it")
NOT_AN_IMAGE = Kind("not-an-image", 415, "This is no image that can be read")
MEDIA = Kind("unsupported-media-type", 415, "Another content type is needed")
BAD_IMAGE = Kind("bad-image", 422, "The image cannot be used")
BAD_VALUE = Kind("bad-value", 422, "A value cannot be used")
BAD_MODEL = Kind("bad-model", 422, "The model cannot be used")
TOO_MANY = Kind("too-many-requests", 429, "Too many requests")
INTERNAL = Kind("internal-error", 500, "The service made a mistake")
OVERLOADED = Kind("overloaded", 503, "The service has too much to do")
NOT_READY = Kind("not-ready", 503, "The service is not ready")
TIMED_OUT = Kind("timed-out", 504, "The answer took too long")

KINDS = tuple(value for value in dict(globals()).values() if isinstance(value, Kind))

# What `decode` finds (docs/checks.md), as HTTP sees it.
_CHECKS = {"Q101": NOT_AN_IMAGE, "Q102": NO_IMAGE, "Q104": TOO_LARGE}


class Problem(Exception):  # noqa: N818 - its name is that of the document it becomes
    """Ends a request with a problem document. `detail` and `more` are shown to the client."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = dict(more or {})


def retry_later(kind: Kind, detail: str, after_s: int) -> Problem:
    """Return a problem that tells the client when to come again."""
    return Problem(kind, detail, headers={"Retry-After": str(after_s)})


def image_problem(found: ImageProblem, index: int | None = None) -> Problem:
    """Return the problem of an image, by its check; `index` tells which of several it was."""
    kind = _CHECKS.get(found.check, BAD_IMAGE)
    more = {"check": found.check} if index is None else {"check": found.check, "index": index}
    return Problem(kind, f"{printable(found.message)}; {printable(found.hint)}", more=more)


def several(problems: list[Problem]) -> Problem:
    """Return one problem for the images that cannot be used; each is in `errors`, with its place among the images."""
    if len(problems) == 1:
        return problems[0]
    kinds = {problem.kind for problem in problems}
    kind = problems[0].kind if len(kinds) == 1 else BAD_IMAGE
    errors = [{"type": problem.kind.uri, "detail": problem.detail, **problem.more} for problem in problems]
    return Problem(kind, f"{len(problems)} images cannot be used", more={"errors": errors})


def answer(problem: Problem, request_id: str = "") -> Response:
    """Return the document."""
    kind = problem.kind
    content: dict[str, Any] = {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": problem.detail}
    if request_id:
        content["instance"] = f"urn:winnow:request:{request_id}"
    body = json.dumps({**content, **problem.more}, ensure_ascii=True).encode()
    return Response(body, kind.status, problem.headers, MEDIA_TYPE)


def of_status(status: int, detail: str = "") -> Problem:
    """Return the problem that a framework's own refusal means."""
    kind = next((each for each in KINDS if each.status == status), None)
    phrase = HTTPStatus(status).phrase
    return Problem(kind or Kind(phrase.lower().replace(" ", "-"), status, phrase), detail or phrase)


def printable(text: str) -> str:
    """Return text on one line, with nothing that a terminal or a page would obey; it may quote a client's bytes."""
    return "".join(letter if " " <= letter <= "~" and letter not in "<>&" else "?" for letter in text)[:MAX_DETAIL]
