import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from winnow.serving.feedback import read_feedback
from winnow.serving.problems import Problem
from winnow.serving.requestlog.spool import Spool
from winnow.serving.settings import Access, Collecting, Limits, Settings
from winnow.traffic.entry import FeedbackEntry
from winnow.traffic.reading import TrafficLog
from winnow.traffic.target import Folder

SAID = {"request_id": "r1", "image": 0, "label": "red"}


def settings(tmp_path: Path, limits: Limits | None = None, access: Access | None = None, **changes: Any) -> Settings:
    collecting = Collecting(target=str(tmp_path / "log"), buffer=tmp_path / "buffer", **changes)
    return Settings(collecting=collecting, limits=limits or Limits(), access=access or Access(), drain_s=20)


def noted(tmp_path: Path) -> list[FeedbackEntry]:
    return list(TrafficLog(Folder(tmp_path / "log")).feedback())


@pytest.fixture
def client(open_client: Callable[..., Any], colors: Path, tmp_path: Path) -> Iterator[TestClient]:
    with open_client(colors, settings(tmp_path)) as client:
        yield client


def test_what_was_asked_and_what_was_said_about_it_meet_in_the_log(
    open_client: Callable[..., Any], colors: Path, tmp_path: Path, picture: Callable[..., bytes]
) -> None:
    with open_client(colors, settings(tmp_path)) as client:
        files = [("image", ("x", picture((250, 0, 0)))), ("image", ("y", picture((0, 0, 9))))]
        request_id = client.post("/v1/predict", files=files).json()["request_id"]
        said = {"request_id": request_id, "image": 1, "label": "green"}
        answer = client.post("/v1/feedback", json=said)
        assert (answer.status_code, answer.json()) == (202, said)
        assert client.post("/v1/feedback", json={"request_id": request_id, "label": "red"}).json()["image"] == 0
    first, second = noted(tmp_path)
    assert (first.request_id, first.image, first.label, first.model) == (request_id, 1, "green", "classifier@v1.0.0")
    assert (second.image, second.label) == (0, "red")
    answers = list(TrafficLog(Folder(tmp_path / "log")).requests())
    assert [(entry.request_id, entry.image, entry.top[0][0]) for entry in answers] == [
        (request_id, 0, "red"),
        (request_id, 1, "blue"),
    ]


@pytest.mark.parametrize(("has_images", "logged"), [(False, "answers"), (True, "pictures")])
def test_whoever_sends_a_picture_may_know_what_is_kept(
    open_client: Callable[..., Any], colors: Path, tmp_path: Path, has_images: bool, logged: str
) -> None:
    with open_client(colors, settings(tmp_path, has_images=has_images, level="pictures")) as client:
        assert client.get("/v1/model").json()["logged"] == logged
    with open_client(colors) as client:
        assert client.get("/v1/model").json()["logged"] == "nothing"


def test_without_a_log_there_is_no_such_route(open_client: Callable[..., Any], colors: Path) -> None:
    with open_client(colors) as client:
        assert client.post("/v1/feedback", json=SAID).status_code == 404
        assert "/v1/feedback" not in client.get("/openapi.json").json()["paths"]


def test_the_document_of_the_api_names_it(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/v1/feedback"]["post"]
    assert {"202", "422", "503"} <= set(operation["responses"])
    assert "200" not in operation["responses"]


def test_feedback_on_requests_that_nobody_made_is_noted_for_other_replicas_may_have_answered_them(
    client: TestClient,
) -> None:
    assert client.post("/v1/feedback", json={**SAID, "request_id": "from-another-replica"}).status_code == 202


@pytest.mark.parametrize(
    "request_id", ["", "a b", "x" * 65, "../../etc/passwd", "a\n", "<script>", "a\0", "é", None, 7, ["r"], {}]
)
def test_hostile_ids_are_refused(client: TestClient, request_id: object) -> None:
    answer = client.post("/v1/feedback", json={**SAID, "request_id": request_id})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem-type:winnow:bad-value")


@pytest.mark.parametrize("image", [-1, 32, 10**30, 0.5, True, "0", None, [0]])
def test_places_that_cannot_be_are_refused(client: TestClient, image: object) -> None:
    answer = client.post("/v1/feedback", json={**SAID, "image": image})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem-type:winnow:bad-value")


HOSTILE = ["", " ", " cat", "a\nb", "a\0b", "\u202egpj.exe", "x" * 201, "=1+1", "@SUM(A1)", "-cmd", "+1", "\ud800"]


@pytest.mark.parametrize("label", [*HOSTILE, "yellow", "RED", 7, None, ["red"]])
def test_only_classes_of_the_model_are_labels(client: TestClient, label: object) -> None:
    answer = client.post("/v1/feedback", content=json.dumps({**SAID, "label": label}), headers=JSON)
    assert answer.status_code == 422
    assert "/v1/model" in answer.json()["detail"] or "name of a class" in answer.json()["detail"]


JSON = {"Content-Type": "application/json"}


def test_other_labels_may_be_let_in_but_no_hostile_ones(
    open_client: Callable[..., Any], colors: Path, tmp_path: Path
) -> None:
    with open_client(colors, settings(tmp_path, is_any_label_fine=True)) as client:
        for label in ("yellow", "Größe 3/4", "../x", "猫"):
            assert client.post("/v1/feedback", json={**SAID, "label": label}).status_code == 202
        for label in HOSTILE:
            answer = client.post("/v1/feedback", content=json.dumps({**SAID, "label": label}), headers=JSON)
            assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem-type:winnow:bad-value"), label
    assert [entry.label for entry in noted(tmp_path)] == ["yellow", "Größe 3/4", "../x", "猫"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 4000, "application/json", 400),
        (b"", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"request_id": "r"}', "application/json", 422),
        (b'{"request_id": "r", "label": "red", "more": 1}', "application/json", 422),
        (b" " * 5000, "application/json", 413),
        (json.dumps(SAID).encode(), "text/plain", 415),
        (json.dumps(SAID).encode(), "multipart/form-data", 415),
    ],
)
def test_bodies_that_say_nothing_are_refused(client: TestClient, body: bytes, content_type: str, status: int) -> None:
    answer = client.post("/v1/feedback", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_charset_is_no_other_type(client: TestClient) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post("/v1/feedback", content=json.dumps(SAID), headers=headers).status_code == 202


def test_keys_and_rates_hold_here_too(open_client: Callable[..., Any], colors: Path, tmp_path: Path) -> None:
    with open_client(colors, settings(tmp_path, access=Access(api_keys=("key",)))) as client:
        assert client.post("/v1/feedback", json=SAID).status_code == 401
        assert client.post("/v1/feedback", json=SAID, headers={"X-API-Key": "key"}).status_code == 202
    with open_client(colors, settings(tmp_path, limits=Limits(rate_per_s=0.01, burst=2))) as client:
        assert [client.post("/v1/feedback", json=SAID).status_code for _ in range(3)] == [202, 202, 429]


def test_a_full_log_says_so_and_takes_nothing_silently(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Spool, "append", lambda *_: False)
    answer = client.post("/v1/feedback", json=SAID)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:problem-type:winnow:overloaded")
    assert int(answer.headers["retry-after"]) > 0
    assert 'winnow_log_lost_total{kind="feedback",reason="buffer"} 1.0' in client.get("/metrics").text


def test_under_aggregate_an_answer_and_its_feedback_still_find_each_other(
    open_client: Callable[..., Any], colors: Path, tmp_path: Path, picture: Callable[..., bytes]
) -> None:
    with open_client(colors, settings(tmp_path, level="aggregate")) as client:
        client.post("/v1/predict", content=picture(), headers={"X-Request-ID": "patient-7"})
        assert client.post("/v1/feedback", json={**SAID, "request_id": "patient-7"}).status_code == 202
    (said,) = noted(tmp_path)
    (asked,) = TrafficLog(Folder(tmp_path / "log")).requests()
    assert said.request_id == asked.request_id
    assert "patient" not in said.request_id


def test_the_first_image_is_meant_where_none_is_named() -> None:
    assert read_feedback(b'{"request_id": "r", "label": "x"}', 32) == ("r", 0, "x")
    with pytest.raises(Problem, match="from 0 to 0"):
        read_feedback(b'{"request_id": "r", "image": 1, "label": "x"}', 1)
