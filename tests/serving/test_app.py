import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from winnow.errors import InputError
from winnow.serving.app import create_app
from winnow.serving.settings import Settings
from winnow.serving.source import Source, find_source


def test_it_lives_before_it_is_ready_and_refuses_politely_until_then(
    colors: Path, wait: Callable[..., None], picture: Callable[..., bytes]
) -> None:
    may_load = threading.Event()

    def find(_: str | None) -> Source:
        assert may_load.wait(20)
        return find_source(colors)

    with TestClient(create_app(find)) as client:
        assert client.get("/livez").json() == {"status": "alive"}
        for answer in (client.get("/readyz"), client.get("/v1/model"), client.post("/v1/predict", content=picture())):
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:problem-type:winnow:not-ready")
            assert answer.headers["retry-after"] == "1"
        assert "winnow_ready 0.0" in client.get("/metrics").text
        may_load.set()
        wait(lambda: client.get("/readyz").status_code == 200)
        assert client.get("/readyz").json() == {"status": "ready", "model": "classifier@v1.0.0"}
        assert "winnow_ready 1.0" in client.get("/metrics").text


def test_another_model_than_the_one_expected_never_becomes_ready(colors: Path, wait: Callable[..., None]) -> None:
    app = create_app(lambda _: find_source(colors), Settings(expected_model="classifier@v9.9.9"))
    with TestClient(app) as client:
        wait(lambda: app.state.service.state == "failed")
        assert client.get("/readyz").status_code == 503
        assert client.post("/v1/predict", content=b"x").status_code == 503
    assert "expected the model classifier@v9.9.9" in str(app.state.service.failure)


def test_what_keeps_a_model_from_loading_is_told_to_whoever_started_it(wait: Callable[..., None]) -> None:
    called = []

    def find(_: str | None) -> Source:
        raise InputError("nothing there", hint="look elsewhere")

    app = create_app(find)
    app.state.service.on_failure = lambda: called.append(True)
    with TestClient(app):
        wait(lambda: bool(called))
    assert isinstance(app.state.service.failure, InputError)


def test_the_model_is_described(client: TestClient) -> None:
    told = client.get("/v1/model").json()
    assert (told["name"], told["version"], told["labels"]) == ("classifier", "v1.0.0", ["red", "green", "blue"])
    assert (told["commit"], told["precision"], told["stage"]) == ("c" * 40, "fp32", None)


def test_metrics_count_what_happened(client: TestClient, picture: Callable[..., bytes]) -> None:
    client.post("/v1/predict", content=picture((0, 0, 250)))
    client.post("/v1/predict", content=b"no image")
    text = client.get("/metrics").text
    for line in (
        'winnow_requests_total{route="/v1/predict",status="200"} 1.0',
        'winnow_requests_total{route="/v1/predict",status="415"} 1.0',
        'winnow_predictions_total{label="blue"} 1.0',
        'winnow_predictions_total{label="red"} 0.0',
        'winnow_refused_total{type="not-an-image"} 1.0',
        'winnow_request_seconds_count{route="/v1/predict"} 2.0',
        "winnow_batch_size_sum 1.0",
        "winnow_decode_seconds_count 1.0",
        "winnow_inference_seconds_count 1.0",
        "winnow_queue_seconds_count 2.0",
        "winnow_queue_length 0.0",
    ):
        assert line in text, text


def test_nothing_is_fetched_from_elsewhere(client: TestClient) -> None:
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


def test_a_service_ends_while_it_is_still_loading(colors: Path) -> None:
    def find(_: str | None) -> Source:
        return find_source(colors)

    app: Any = create_app(find)
    with TestClient(app):
        pass
    assert app.state.service.state == "ready"
