"""`POST /v1/feedback`: what a person says that an image shows. It is noted and changes nothing by itself."""

import asyncio
import json
import re
from dataclasses import replace
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from winnow.serving.bodies import Body
from winnow.serving.predicting import declared_bytes
from winnow.serving.problems import BAD_BODY, BAD_VALUE, MEDIA, OVERLOADED, Problem, retry_later
from winnow.serving.requestlog.collector import Collector
from winnow.serving.service import Service
from winnow.serving.settings import Collecting
from winnow.traffic.entry import REQUEST_ID

MAX_BODY = 4096
MAX_LABEL = 200
ACCEPTED = 202
_ID = re.compile(REQUEST_ID)
_JSON = "application/json"
_FIELDS = {"request_id", "image", "label"}
# A spreadsheet takes what begins like this for a formula, and lists of candidates are read in spreadsheets.
_FORMULA = ("=", "+", "-", "@")


class Feedback(NamedTuple):
    """Which image of which request, and what it shows."""

    request_id: str
    image: int
    label: str


async def answer_feedback(service: Service, collector: Collector, request: Request) -> Response:
    """Note what one request says.

    Whether there was such a request is not asked: another replica may have answered it, or this one before its start.
    `winnow feedback` finds out when it joins the logs.
    """
    active = service.active
    # A form of a page elsewhere cannot send this type without asking first (CORS).
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise Problem(MEDIA, f"expected {_JSON}", headers={"Accept-Post": _JSON})
    limits = replace(service.settings.limits, max_body_bytes=MAX_BODY)
    with Body(limits, service.memory) as body:
        content = await body.read(request.receive, declared_bytes(request.headers.get("content-length")))
    said = read_feedback(content, limits.max_images)
    collecting = service.settings.collecting
    assert collecting is not None, "there is no such route without a log"
    require_label(said.label, active.loaded.labels, collecting)
    if not await asyncio.to_thread(collector.note_feedback, *said, active.loaded.name):
        raise retry_later(OVERLOADED, "the log is full: its target does not take it", 60)
    return JSONResponse(said._asdict(), ACCEPTED)


def read_feedback(body: bytes, max_images: int) -> Feedback:
    """Return what a body says; `image` is 0 where it is not given. Raises Problem."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(BAD_BODY, "the body is no JSON") from None
    if not isinstance(content, dict) or not {"request_id", "label"} <= content.keys() <= _FIELDS:
        raise Problem(BAD_VALUE, 'expected {"request_id": "...", "image": 0, "label": "..."}')
    request_id, image, label = content["request_id"], content.get("image", 0), content["label"]
    if not isinstance(request_id, str) or _ID.fullmatch(request_id) is None:
        raise Problem(BAD_VALUE, "expected `request_id` as an answer had it")
    if type(image) is not int or not 0 <= image < max_images:
        raise Problem(BAD_VALUE, f"expected `image` as a whole number from 0 to {max_images - 1}")
    if not isinstance(label, str):
        raise Problem(BAD_VALUE, "expected `label` to be the name of a class")
    return Feedback(request_id, image, label)


def require_label(label: str, known: list[str], collecting: Collecting) -> None:
    """Raise Problem unless a label is one of the model's, or a harmless one where any may be named."""
    if label in known:
        return
    if not collecting.is_any_label_fine:
        raise Problem(BAD_VALUE, "expected `label` to be one of the model's classes (/v1/model)")
    is_plain = label.isprintable() and label == label.strip() and not label.startswith(_FORMULA)
    if not is_plain or not 0 < len(label) <= MAX_LABEL:
        raise Problem(BAD_VALUE, f"expected `label` as a plain name of at most {MAX_LABEL} characters")
