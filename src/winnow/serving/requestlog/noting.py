"""From an answer to the lines of the log: no more than the project discloses."""

import base64
import hashlib
from collections.abc import Iterator

import numpy as np

from winnow.disclosure import Level
from winnow.serving.answered import Answered, picture_statistics
from winnow.serving.model import Answer
from winnow.traffic.entry import Entry, ImageEntry, RequestEntry, Statistics, pack

MAX_TOP = 20
_ID_DIGITS = 20
_DIGITS = 6
_PSEUDONYM_DIGITS = 32


def entries(answered: Answered, level: Level, *, has_images: bool) -> Iterator[Entry]:
    """Yield what is kept of an answer, image by image.

    Under `aggregate` there are neither ids of images nor embeddings, which can be turned back into pictures, and a
    request's id, which a client may have chosen, is hashed. Images are kept only under `pictures`, and where
    it was asked for.
    """
    request_id = logged_id(answered.request_id, level)
    for place, answer in enumerate(answered.images):
        content = answered.contents[place] if level != "aggregate" else b""
        image_id = hashlib.sha256(content).hexdigest()[:_ID_DIGITS] if content else None
        yield RequestEntry(
            time_s=round(answered.time_s, 3),
            request_id=request_id,
            image=place,
            model=answered.model,
            id=image_id,
            top=top(answer, answered.labels),
            embedding=pack(answer.embedding) if level != "aggregate" else None,
            statistics=Statistics(**picture_statistics(answer)),
            latency_s=round(answered.latency_s, _DIGITS),
        )
        if has_images and image_id is not None and level == "pictures":
            yield ImageEntry(
                time_s=round(answered.time_s, 3),
                request_id=request_id,
                image=place,
                model=answered.model,
                id=image_id,
                content=base64.b64encode(content).decode("ascii"),
            )


def top(answer: Answer, labels: list[str]) -> tuple[tuple[str, float], ...]:
    """Return the most probable classes with their probabilities."""
    values = answer.probabilities
    order = np.argsort(-values, kind="stable")[:MAX_TOP]
    return tuple((labels[index], round(float(values[index]), _DIGITS)) for index in order)


def logged_id(request_id: str, level: Level) -> str:
    """Return a request's id as the log has it. Answers and feedback give the same, so they still find each other."""
    if level != "aggregate":
        return request_id
    return "h-" + hashlib.sha256(request_id.encode()).hexdigest()[:_PSEUDONYM_DIGITS]
