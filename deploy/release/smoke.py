"""The smoke test: is it ready, is it the model that was meant, and does it answer real pictures with its classes."""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deploy.release.asking import Answer, Service
from deploy.release.errors import SmokeError
from deploy.release.pictures import Picture

OK = 200
_NONSENSE = Picture("no picture", b"\x00not a picture\xff" * 8, "image/png")
_REFUSALS = frozenset({400, 413, 415, 422})
_SLACK = 1e-6
_SHOWN = 120


@dataclass(frozen=True)
class Expected:
    """What a service must be to pass."""

    model: str
    """NAME@VERSION."""

    ready_within_s: float = 60.0


def smoke(service: Service, expected: Expected, pictures: Sequence[Picture]) -> dict[str, object]:
    """Test a service and return what was seen. Raises SmokeError with the first thing that is wrong."""
    ready_s = _wait(service, expected.ready_within_s)
    labels = check_model(service.ask("/v1/model"), expected.model)
    durations = []
    for picture in pictures:
        answer = service.ask("/v1/predict", picture.content, picture.content_type)
        if problem := problem_of(answer, labels):
            raise SmokeError(f"{picture.name}: {problem}")
        durations.append(answer.duration_ms)
    refused = service.ask("/v1/predict", _NONSENSE.content, _NONSENSE.content_type)
    if refused.status not in _REFUSALS:
        raise SmokeError(f"expected bytes that are no picture to be refused, got {_shown(refused)}")
    return {
        "ready_s": ready_s,
        "num_classes": len(labels),
        "num_pictures": len(durations),
        "slowest_ms": max(durations, default=0.0),
    }


def check_model(answer: Answer, model: str) -> frozenset[str]:
    """Return the labels of the answer to `GET /v1/model`. Raises SmokeError for another model than `model`."""
    content = _object(answer)
    if content is None:
        raise SmokeError(f"/v1/model: expected 200 and a JSON object, got {_shown(answer)}")
    found = f"{content.get('name')}@{content.get('version')}"
    if found != model:
        raise SmokeError(f"expected the model {model}, the service has {found[:_SHOWN]!r}")
    labels = content.get("labels")
    is_list = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    if not is_list or not labels or len(set(labels)) != len(labels):
        raise SmokeError("/v1/model: expected `labels` as a list of different class names")
    return frozenset(labels)


def problem_of(answer: Answer, labels: frozenset[str]) -> str:
    """Return what is wrong with the answer to one picture, empty when nothing is.

    Expected: 200 and `{"predictions": [{"top": [{"label": …, "probability": …}, …]}]}`, most probable first.
    """
    content = _object(answer)
    if content is None:
        return f"expected 200 and a JSON object, got {_shown(answer)}"
    try:
        (prediction,) = content["predictions"]
        top = [(str(entry["label"]), float(entry["probability"])) for entry in prediction["top"]]
    except (KeyError, TypeError, ValueError):
        return f"expected one prediction with `top`, got {_shown(answer)}"
    values = [value for _, value in top]
    if unknown := [label for label, _ in top if label not in labels]:
        return f"answered {unknown[0][:_SHOWN]!r}, which is none of the model's classes"
    if not all(math.isfinite(value) and 0 <= value <= 1 for value in values) or sum(values) > 1 + len(labels) * _SLACK:
        return f"answered probabilities that are none: {values[:5]}"
    if not values or values != sorted(values, reverse=True):
        return "expected classes, the most probable first"
    return ""


def _wait(service: Service, limit_s: float) -> float:
    started = time.monotonic()
    pause_s = 0.05
    while True:
        answer = service.ask("/readyz")
        waited_s = round(time.monotonic() - started, 3)
        if answer.status == OK:
            break
        if waited_s >= limit_s:
            raise SmokeError(f"not ready within {limit_s:g} s: /readyz gives {_shown(answer)}")
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 2.0)
    if (alive := service.ask("/livez")).status != OK:
        raise SmokeError(f"/livez: expected 200, got {_shown(alive)}")
    return waited_s


def _object(answer: Answer) -> dict[str, Any] | None:
    try:
        content = json.loads(answer.body) if answer.status == OK else None
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _shown(answer: Answer) -> str:
    if not answer.status:
        return f"no answer ({answer.reason[:_SHOWN]})"
    return f"{answer.status} {answer.body[:_SHOWN].decode('utf-8', 'replace')!r}"
