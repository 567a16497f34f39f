"""`POST /v1/predict`: the hot path. Nothing here is validated twice, and the answer is written by hand."""

import json
import time

import numpy as np
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from winnow.serving.admission import Overloaded
from winnow.serving.answered import Answered
from winnow.serving.bodies import Body, split
from winnow.serving.model import Answer, Result
from winnow.serving.problems import BAD_VALUE, OVERLOADED, TIMED_OUT, Problem, image_problem, retry_later, several
from winnow.serving.service import Active, Service
from winnow.transforms.decode import ImageProblem

TOP = 3
"""Classes that are named, as `winnow predict` does."""
MAX_TOP = 1_000_000
"""More than there are means all of them."""
_DIGITS = 6
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


async def predict(service: Service, request: Request) -> Response:
    """Answer one request."""
    top = read_count(request, "top", TOP, MAX_TOP)
    require_room(service.active)
    with Body(service.settings.limits, service.memory) as body:
        contents = await receive_images(service, request, body)
        # Not before: while the body came, another model may have taken over.
        active = service.active
        answers = answers_of(await _ask(service, active, contents))
    for answer in answers:
        active.counters[int(answer.probabilities.argmax())].inc()
    content = encode(active, answers, top, request.scope["winnow_id"])
    task = BackgroundTask(_note, service, active, request, answers, contents) if service.is_observed else None
    return Response(content, media_type="application/json", background=task)


def require_room(active: Active) -> None:
    """Raise Problem while the queue is full, before a byte of the body is read."""
    try:
        active.batcher.require_room()
    except Overloaded as full:
        raise overloaded(full) from None


async def receive_images(service: Service, request: Request, body: Body) -> list[bytes]:
    """Return the images of a request's body. Raises Problem."""
    headers, limits = request.headers, service.settings.limits
    content = await body.read(request.receive, declared_bytes(headers.get("content-length")))
    return await split(headers.get("content-type", ""), content, limits.max_images)


async def _ask(service: Service, active: Active, contents: list[bytes]) -> list[Result]:
    timeout_s = service.settings.limits.timeout_s
    try:
        done = await active.batcher.submit(contents, timeout_s)
    except Overloaded as full:
        raise overloaded(full) from None
    except TimeoutError:
        raise Problem(TIMED_OUT, f"there was no answer within {timeout_s:g} s") from None
    for each in done:
        service.telemetry.queue.observe(each.queue_s)
    return [each.value for each in done]


def answers_of(results: list[Result]) -> list[Answer]:
    """Return results that are all answers. Raises Problem for images that cannot be used, and whatever a bug raised."""
    is_one = len(results) == 1
    bad = [
        image_problem(result, None if is_one else index)
        for index, result in enumerate(results)
        if isinstance(result, ImageProblem)
    ]
    if bad:
        raise several(bad)
    answers = []
    for result in results:
        if not isinstance(result, Answer):
            raise result
        answers.append(result)
    return answers


def encode(active: Active, answers: list[Answer], top: int, request_id: str) -> bytes:
    """Return the answer's JSON."""
    labels = active.loaded.labels
    predictions = []
    for answer in answers:
        values = answer.probabilities
        order = np.argsort(-values, kind="stable")[:top]
        named = [{"label": labels[index], "probability": round(float(values[index]), _DIGITS)} for index in order]
        predictions.append({"top": named})
    return _to_json({"model": active.loaded.name, "request_id": request_id, "predictions": predictions}).encode()


async def _note(
    service: Service, active: Active, request: Request, answers: list[Answer], contents: list[bytes]
) -> None:
    now = time.perf_counter()
    loaded = active.loaded
    service.note(
        Answered(
            request_id=request.scope["winnow_id"],
            time_s=time.time(),
            model=loaded.name,
            labels=loaded.labels,
            latency_s=now - request.scope["winnow_started"],
            images=answers,
            contents=contents,
        )
    )


def read_count(request: Request, name: str, default: int, largest: int) -> int:
    """Return a whole number of the query, from 1 to `largest`. Raises Problem for anything else."""
    if name not in request.scope["query_string"].decode("latin-1"):
        return default
    text = request.query_params.get(name, str(default))
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(largest))
    if not is_number or not 1 <= int(text) <= largest:
        raise Problem(BAD_VALUE, f"expected `{name}` as a whole number from 1 to {largest}")
    return int(text)


def declared_bytes(text: str | None) -> int | None:
    """Return the length that a request claims; None where it claims none that can be read."""
    return int(text) if text and text.isascii() and text.isdecimal() else None


def overloaded(full: Overloaded) -> Problem:
    """Return the problem of a full queue."""
    return retry_later(OVERLOADED, "the queue is full", full.retry_after_s)
