"""`GET /v1/examples/{class_index}/{number}`: a picture of a class, where the model came with some."""

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from winnow.errors import InputError
from winnow.examples import EXAMPLES, MEDIA_TYPE, read_examples
from winnow.logs import logger
from winnow.serving.page import WebFile, answer_file, web_file
from winnow.serving.problems import NOT_FOUND, Problem

MODEL_QUERY = "file_sha256"

_PLACE = re.compile(r"[0-9]{1,7}")
# No proxy keeps them, and a browser asks whether they still hold: another model may have taken over.
_HEADERS = {"Cache-Control": "private, no-cache"}

Pictures = list[list[WebFile]]
"""By class, in the order of the labels."""


def load_examples(folder: Path, num_classes: int) -> Pictures:
    """Return the pictures in a model's folder, none where it has none.

    A file that cannot be used is no reason not to serve: it is warned of, and there are no pictures.
    """
    path = folder / EXAMPLES
    found: list[list[bytes]] = [[] for _ in range(num_classes)]
    if path.is_file():
        try:
            found = read_examples(path, num_classes)
        except InputError as error:
            logger.warning("no examples of the classes are shown: %s", error.message)
    return [[web_file(picture, MEDIA_TYPE) for picture in pictures] for pictures in found]


def answer_example(pictures: Pictures, identity: str, request: Request) -> Response:
    """Return the picture that a path asks for, of a model with this identity.

    Raises Problem where there is none, or where the request is about another model.
    """
    if request.query_params.get(MODEL_QUERY, identity) != identity:
        raise Problem(NOT_FOUND, "another model answers by now, and has examples of its own")
    places = [request.path_params[name] for name in ("class_index", "number")]
    if all(_PLACE.fullmatch(place) for place in places):
        target, number = map(int, places)
        if target < len(pictures) and number < len(pictures[target]):
            return answer_file(pictures[target][number], request, _HEADERS)
    raise Problem(NOT_FOUND, "there is no such example")
