"""`POST /v1/explain`: one picture at a time, in a thread of its own that stands back for predictions."""

import contextlib
import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from winnow.serving.admission import BatchLimits, Overloaded
from winnow.serving.attribution import (
    GRID,
    MASKS,
    MAX_GRID,
    MAX_MASKS,
    METHODS,
    Heat,
    Wanted,
    explain,
    num_evaluations,
    region,
)
from winnow.serving.batcher import Batcher
from winnow.serving.bodies import Body
from winnow.serving.model import Loaded, Picture, Pixels
from winnow.serving.predicting import overloaded, read_count, receive_images
from winnow.serving.problems import BAD_VALUE, TIMED_OUT, TOO_LARGE, Problem, image_problem
from winnow.serving.service import Active, Service
from winnow.serving.settings import Explaining
from winnow.transforms.decode import ImageProblem

_DIGITS = 6
_LOWEST = 19
_SHARE = 20
_PAUSE_S = 0.001
_MIN_WAIT_S = 0.02


class Task(NamedTuple):
    """One picture to be explained."""

    loaded: Loaded
    content: bytes
    label: str | None
    """None: the most probable one."""

    wanted: Wanted
    deadline_s: float
    is_quiet: Callable[[], bool]
    """Whether nobody waits for a prediction."""


class Explanation(NamedTuple):
    """Where a class is seen."""

    label: str
    probability: float
    heat: Heat
    picture: Picture


def start_explaining(settings: Explaining) -> Batcher[Task, Explanation]:
    """Return the worker for explanations, at work."""
    limits = BatchLimits(1, 1, 0.0, settings.max_queue, math.inf)
    worker: Batcher[Task, Explanation] = Batcher(work, limits, name="explain", prepare_thread=stand_back)
    worker.start()
    return worker


def stand_back() -> None:
    """Give this thread the lowest priority. Linux knows one for each thread; elsewhere the pauses must do."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST)


def work(tasks: list[Task]) -> list[Explanation | Exception]:
    """Return the explanation of each picture, or why there is none."""
    found: list[Explanation | Exception] = []
    for task in tasks:
        try:
            found.append(_explain(task))
        except (ImageProblem, TimeoutError) as error:
            found.append(error)
    return found


def _explain(task: Task) -> Explanation:
    loaded = task.loaded
    picture = loaded.read(task.content)
    probabilities = loaded.runtime.probabilities(picture.pixels[None])[0]
    index = int(probabilities.argmax()) if task.label is None else loaded.labels.index(task.label)

    def ask(pixels: Pixels) -> NDArray[np.float32]:
        started = time.monotonic()
        values = loaded.runtime.probabilities(pixels)[:, index]
        _let_others_pass(task, time.monotonic() - started)
        return values

    heat = explain(picture.pixels, ask, task.wanted)
    return Explanation(loaded.labels[index], float(probabilities[index]), heat, picture)


def _let_others_pass(task: Task, spent_s: float) -> None:
    """Wait until nobody waits for a prediction, but no longer than that a twentieth of the time is left for this."""
    now = time.monotonic()
    until = now + max(_MIN_WAIT_S, _SHARE * spent_s)
    while now < min(until, task.deadline_s) and not task.is_quiet():
        time.sleep(_PAUSE_S)
        now = time.monotonic()
    if now >= task.deadline_s:
        raise TimeoutError


async def answer_explain(service: Service, worker: Batcher[Task, Explanation], request: Request) -> Response:
    """Answer one request."""
    active = service.active
    wanted = read_wanted(request, active.loaded.runtime.spec.size)
    label = request.query_params.get("label")
    if label is not None and label not in active.loaded.labels:
        raise Problem(BAD_VALUE, "expected `label` to be one of the model's classes (/v1/model)")
    timeout_s = service.settings.explaining.timeout_s
    try:
        worker.require_room()
        with Body(service.settings.limits, service.memory) as body:
            contents = await receive_images(service, request, body)
            if len(contents) > 1:
                raise Problem(TOO_LARGE, "expected one image")
            deadline_s = time.monotonic() + timeout_s
            task = Task(active.loaded, contents[0], label, wanted, deadline_s, lambda: service.is_quiet)
            started = time.perf_counter()
            (done,) = await worker.submit([task], timeout_s)
    except Overloaded as full:
        raise overloaded(full) from None
    except TimeoutError:
        raise _too_late(timeout_s) from None
    service.telemetry.explain.observe(time.perf_counter() - started - done.queue_s)
    if isinstance(done.value, ImageProblem):
        raise image_problem(done.value)
    if isinstance(done.value, TimeoutError):
        raise _too_late(timeout_s)
    if isinstance(done.value, Exception):
        raise done.value
    content = describe(active, done.value, wanted, request.scope["winnow_id"])
    return Response(json.dumps(content, ensure_ascii=False).encode(), media_type="application/json")


def _too_late(timeout_s: float) -> Problem:
    return Problem(TIMED_OUT, f"there was no explanation within {timeout_s:g} s; predictions go first")


def describe(active: Active, found: Explanation, wanted: Wanted, request_id: str) -> dict[str, Any]:
    """Return the answer."""
    picture = found.picture
    return {
        "model": active.loaded.name,
        "request_id": request_id,
        "label": found.label,
        "probability": round(found.probability, _DIGITS),
        "method": wanted.method,
        "num_evaluations": num_evaluations(wanted),
        "heat": [[round(float(value), _DIGITS) for value in row] for row in found.heat],
        "region": region(active.loaded.runtime.spec, picture.width, picture.height),
    }


def read_wanted(request: Request, size: int) -> Wanted:
    """Return what the query asks for; a map is no finer than the model's pixels, `size` a side. Raises Problem."""
    method = request.query_params.get("method", METHODS[0])
    if method not in METHODS:
        raise Problem(BAD_VALUE, f"expected `method` to be {' or '.join(METHODS)}")
    return Wanted(
        method=method,
        grid=min(size, read_count(request, "grid", GRID, MAX_GRID)),
        masks=read_count(request, "masks", MASKS, MAX_MASKS),
    )
