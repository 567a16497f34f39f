import json

import pytest

from winnow.serving.problems import (
    BAD_IMAGE,
    KINDS,
    NOT_AN_IMAGE,
    OVERLOADED,
    TOO_LARGE,
    Problem,
    answer,
    image_problem,
    of_status,
    printable,
    retry_later,
    several,
)
from winnow.transforms.decode import ImageProblem


def test_a_problem_is_an_rfc_9457_document() -> None:
    found = answer(retry_later(OVERLOADED, "the queue is full", 3), "id-1")
    assert (found.status_code, found.headers["retry-after"]) == (503, "3")
    assert found.headers["content-type"] == "application/problem+json"
    assert json.loads(found.body) == {
        "type": "urn:problem-type:winnow:overloaded",
        "title": "The service has too much to do",
        "status": 503,
        "detail": "the queue is full",
        "instance": "urn:winnow:request:id-1",
    }


def test_types_are_unique_and_the_promised_statuses_are_there() -> None:
    assert len({kind.uri for kind in KINDS}) == len(KINDS)
    assert {400, 401, 408, 409, 413, 415, 422, 429, 500, 503, 504} <= {kind.status for kind in KINDS}


@pytest.mark.parametrize(
    ("check", "status"), [("Q101", 415), ("Q102", 400), ("Q103", 422), ("Q104", 413), ("Q105", 422), ("Q106", 422)]
)
def test_each_check_of_an_image_has_its_status(check: str, status: int) -> None:
    problem = image_problem(ImageProblem(check, "expected an image", hint="send one"))
    assert (problem.kind.status, problem.more) == (status, {"check": check})


def test_one_bad_image_among_several_keeps_its_own_type_and_place() -> None:
    problem = several([image_problem(ImageProblem("Q101", "no", hint="h"), 4)])
    assert (problem.kind, problem.more) == (NOT_AN_IMAGE, {"check": "Q101", "index": 4})


def test_several_of_one_type_keep_it_and_others_are_422() -> None:
    large = [image_problem(ImageProblem("Q104", "big", hint="h"), place) for place in (0, 2)]
    assert several(large).kind is TOO_LARGE
    mixed = several([*large, image_problem(ImageProblem("Q101", "no", hint="h"), 3)])
    assert mixed.kind is BAD_IMAGE
    assert [error["index"] for error in mixed.more["errors"]] == [0, 2, 3]


def test_what_a_client_sent_comes_back_on_one_line_without_markup_or_control_characters() -> None:
    assert printable("<b>\x1b[31m\n&é" + "x" * 400) == "?b??[31m???" + "x" * 289


def test_refusals_of_the_framework_become_problems() -> None:
    assert of_status(404).kind.name == "not-found"
    assert of_status(418).kind.status == 418
    assert isinstance(of_status(405), Problem)
