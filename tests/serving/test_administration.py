import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from winnow.serving.settings import Access, Settings

BOSS = {"X-Admin-Token": "boss"}
SETTINGS = Settings(access=Access(admin_token="boss"))


@pytest.fixture
def model(write_model: Callable[..., Path], tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


def test_a_reload_needs_the_token(open_client: Callable[..., Any], model: Path) -> None:
    with open_client(model, SETTINGS) as client:
        for headers in ({}, {"X-Admin-Token": "guess"}, {"Authorization": "Bearer guess"}, {"X-API-Key": "guess"}):
            answer = client.post("/v1/admin/reload", headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (401, "urn:problem-type:winnow:unauthorized")
        for headers in (BOSS, {"Authorization": "Bearer boss"}):
            assert client.post("/v1/admin/reload", headers=headers).status_code == 200


def test_without_a_token_nobody_may_reload(open_client: Callable[..., Any], model: Path) -> None:
    with open_client(model) as client:
        assert client.post("/v1/admin/reload", headers={"X-Admin-Token": ""}).status_code == 401


def test_a_key_of_users_is_no_token_and_a_token_needs_no_key(open_client: Callable[..., Any], model: Path) -> None:
    with open_client(model, Settings(access=Access(api_keys=("key",), admin_token="boss"))) as client:
        assert client.post("/v1/admin/reload", headers={"X-API-Key": "key"}).status_code == 401
        assert client.post("/v1/admin/reload", headers=BOSS).status_code == 200


def test_what_lies_in_the_folder_now_takes_over(
    open_client: Callable[..., Any], model: Path, write_model: Callable[..., Path], picture: Callable[..., bytes]
) -> None:
    with open_client(model, SETTINGS) as client:
        write_model(model, "v1.1.0", labels=["rot", "grün", "blau"])
        answer = client.post("/v1/admin/reload", headers=BOSS)
        assert (answer.status_code, answer.json()["version"]) == (200, "v1.1.0")
        told = client.post("/v1/predict", content=picture((250, 0, 0))).json()
        assert (told["model"], told["predictions"][0]["top"][0]["label"]) == ("classifier@v1.1.0", "rot")
        metrics = client.get("/metrics").text
        assert 'winnow_reloads_total{result="done"} 1.0' in metrics
        assert metrics.count("winnow_model_info{") == 1
        assert 'version="v1.1.0"' in metrics


def test_the_examples_of_what_took_over_are_shown(
    open_client: Callable[..., Any], model: Path, write_model: Callable[..., Path], examples: list[list[bytes]]
) -> None:
    with open_client(model, SETTINGS) as client:
        assert client.get("/v1/examples/0/0").status_code == 404
        write_model(model, "v1.1.0", examples=examples)
        assert client.post("/v1/admin/reload", headers=BOSS).json()["num_examples"] == [2, 3, 0]
        assert client.get("/v1/examples/0/0").content == examples[0][0]
        write_model(model, "v1.2.0", examples=examples[::-1])
        assert client.post("/v1/admin/reload", headers=BOSS).json()["num_examples"] == [0, 3, 2]
        assert client.get("/v1/examples/0/0").status_code == 404


def test_another_model_is_named_in_the_body(
    open_client: Callable[..., Any], model: Path, write_model: Callable[..., Path], tmp_path: Path
) -> None:
    other = write_model(tmp_path / "other", "v2.0.0")
    with open_client(model, SETTINGS) as client:
        answer = client.post("/v1/admin/reload", headers=BOSS, json={"model": str(other)})
        assert answer.json()["version"] == "v2.0.0"


def test_a_model_that_cannot_be_used_changes_nothing(
    open_client: Callable[..., Any], model: Path, picture: Callable[..., bytes]
) -> None:
    with open_client(model, SETTINGS) as client:
        path = model / "onnx" / "model.onnx"
        path.write_bytes(path.read_bytes()[:-10])
        answer = client.post("/v1/admin/reload", headers=BOSS)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem-type:winnow:bad-model")
        assert "other than registered" in answer.json()["detail"]
        assert client.post("/v1/predict", content=picture()).json()["model"] == "classifier@v1.0.0"
        assert client.get("/readyz").status_code == 200


def test_the_model_that_is_expected_stays_expected(
    open_client: Callable[..., Any], model: Path, write_model: Callable[..., Path]
) -> None:
    settings = Settings(access=Access(admin_token="boss"), expected_model="classifier@v1.0.0")
    with open_client(model, settings) as client:
        write_model(model, "v1.1.0")
        assert client.post("/v1/admin/reload", headers=BOSS).status_code == 422
        assert client.get("/v1/model").json()["version"] == "v1.0.0"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b'{"model": ""}', 422),
        (b'{"model": 3}', 422),
        (b'{"model": "a\\u0000"}', 422),
        (b'{"model": "' + b"x" * 600 + b'"}', 422),
        (b" " * 5000, 413),
        (b'{"model": "absent"}', 422),
    ],
)
def test_a_body_that_names_no_model_is_refused(
    open_client: Callable[..., Any], model: Path, body: bytes, status: int
) -> None:
    with open_client(model, SETTINGS) as client:
        assert client.post("/v1/admin/reload", headers=BOSS, content=body).status_code == status


def test_two_reloads_at_once_are_one_too_many(
    open_client: Callable[..., Any], model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from winnow.serving import service

    may_load, load = threading.Event(), service.load
    with open_client(model, SETTINGS) as client, ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(service, "load", lambda *words, **more: (may_load.wait(20), load(*words, **more))[1])
        first = pool.submit(client.post, "/v1/admin/reload", headers=BOSS)
        while not client.app.state.service.is_reloading:
            pass
        assert client.post("/v1/admin/reload", headers=BOSS).status_code == 409
        may_load.set()
        assert first.result().status_code == 200
