import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from winnow.examples import EXAMPLES, write_examples
from winnow.serving.examples import load_examples
from winnow.serving.settings import Access, Settings

Open = Callable[..., Any]
Pictures = list[list[bytes]]


def test_an_example_is_a_picture_that_a_browser_keeps_for_itself_and_asks_about(
    open_client: Open, pictured: Path, examples: Pictures
) -> None:
    with open_client(pictured) as client:
        assert client.get("/v1/model").json()["num_examples"] == [2, 3, 0]
        answer = client.get("/v1/examples/1/2")
        assert (answer.status_code, answer.content) == (200, examples[1][2])
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        again = client.get("/v1/examples/1/2", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
        assert client.get("/v1/examples/1/1").headers["etag"] != answer.headers["etag"]


@pytest.mark.parametrize(
    "place",
    ["0/2", "2/0", "3/0", "-1/0", "0/-1", "1/01x", "a/0", "0/a", "0/%20", "\u0663/0", "99999999/0", "0/0/0", "0"],
)
def test_what_is_not_there_is_a_404(open_client: Open, pictured: Path, place: str) -> None:
    with open_client(pictured) as client:
        answer = client.get(f"/v1/examples/{place}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["type"] == "urn:problem-type:winnow:not-found"


def test_who_asks_for_those_of_a_model_gets_none_of_another(open_client: Open, pictured: Path) -> None:
    with open_client(pictured) as client:
        identity = client.get("/v1/model").json()["file_sha256"]
        assert client.get("/v1/examples/1/2", params={"file_sha256": identity}).status_code == 200
        answer = client.get("/v1/examples/1/2", params={"file_sha256": identity[::-1]})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem-type:winnow:not-found")


def test_a_model_without_examples_has_none(client: TestClient) -> None:
    assert client.get("/v1/model").json()["num_examples"] == [0, 0, 0]
    assert client.get("/v1/examples/0/0").status_code == 404


def test_whoever_needs_a_key_for_the_rest_needs_one_for_examples(open_client: Open, pictured: Path) -> None:
    with open_client(pictured, Settings(access=Access(api_keys=("key-1",)))) as client:
        assert client.get("/v1/examples/0/0").status_code == 401
        assert client.get("/v1/examples/0/0", headers={"X-API-Key": "key-1"}).status_code == 200


def test_a_file_that_cannot_be_used_is_warned_of_and_shows_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, examples: Pictures
) -> None:
    write_examples(tmp_path / EXAMPLES, examples)
    assert [len(pictures) for pictures in load_examples(tmp_path, 3)] == [2, 3, 0]
    assert caplog.text == ""
    with caplog.at_level(logging.WARNING, logger="winnow"):
        assert load_examples(tmp_path, 1) == [[]]
    assert "no examples of the classes are shown" in caplog.text
