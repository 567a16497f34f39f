import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from winnow.serving import app as application
from winnow.serving.gate import Rates, offered_key
from winnow.serving.problems import Problem
from winnow.serving.settings import Access, Limits, Settings

KEYS = Settings(access=Access(api_keys=("key-1", "key-2"), admin_token="boss"))


def test_every_answer_has_security_headers_and_an_id(client: TestClient) -> None:
    for answer in (client.get("/livez"), client.get("/nothing"), client.post("/v1/predict", content=b"x")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 32
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_a_clients_own_id_is_kept_when_it_is_harmless(client: TestClient) -> None:
    def returned(offered: str) -> str:
        return client.get("/nothing", headers={"X-Request-ID": offered}).headers["x-request-id"]

    assert returned("order-7.a:B_c") == "order-7.a:B_c"
    assert all(len(returned(offered)) == 32 for offered in ("", "<script>", "x" * 65, "a b"))


def test_unknown_paths_and_methods_are_problems_too(client: TestClient) -> None:
    for answer, status in ((client.get("/nothing"), 404), (client.put("/v1/predict"), 405), (client.get("/web"), 404)):
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["content-type"] == "application/problem+json"


def test_with_keys_only_those_who_have_one_may_ask(
    open_client: Callable[..., Any], colors: Path, picture: Callable[..., bytes]
) -> None:
    def status(path: str = "/v1/predict", **headers: str | bytes) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if path == "/v1/predict":
            return client.post(path, content=picture(), headers=named).status_code
        return client.get(path, headers=named).status_code

    with open_client(colors, KEYS) as client:
        assert status(X_API_Key="key-1") == status(X_API_Key="key-2") == status(Authorization="Bearer key-1") == 200
        assert {
            status(),
            status(X_API_Key="key-3"),
            status(Authorization="Basic key-1"),
            status(X_API_Key=b"\xe9"),
        } == {401}
        assert status("/v1/model") == status("/metrics") == 401
        assert status("/livez") == status("/readyz") == status("/openapi.json") == 200
        refused = client.get("/v1/model")
        assert (refused.headers["www-authenticate"], "key-1" in refused.text) == ("Bearer", False)


def test_a_mistake_of_ours_is_a_500_that_tells_nothing_and_a_line_in_the_log(
    open_client: Callable[..., Any], colors: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("secret path /etc/model")

    monkeypatch.setattr(application, "predict", fail)
    monkeypatch.setattr(logging.getLogger("winnow"), "propagate", True)
    with open_client(colors) as client:
        answer = client.post("/v1/predict", content=b"x")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:problem-type:winnow:internal-error")
    assert "secret" not in answer.text
    assert f"request {answer.headers['x-request-id']} failed" in caplog.text


def test_who_asks_too_often_is_told_when_to_come_again(
    open_client: Callable[..., Any], colors: Path, picture: Callable[..., bytes]
) -> None:
    with open_client(colors, Settings(limits=Limits(rate_per_s=0.01, burst=3))) as client:
        answers = [client.post("/v1/predict", content=picture()) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 100
        assert client.get("/livez").status_code == 200


def test_a_share_comes_back_with_time_and_each_client_has_its_own() -> None:
    rates = Rates(rate_per_s=2, burst=1)
    rates.require("a", 0.0)
    rates.require("b", 0.0)
    with pytest.raises(Problem):
        rates.require("a", 0.4)
    rates.require("a", 1.0)


def test_the_memory_of_clients_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("winnow.serving.gate._MAX_CLIENTS", 10)
    rates = Rates(rate_per_s=1, burst=1)
    for number in range(100):
        rates.require(str(number), 0.0)
    assert len(rates._seen) == 10


def test_the_key_of_the_api_wins_over_the_one_of_a_proxy() -> None:
    assert offered_key({b"x-api-key": b" ours ", b"authorization": b"Bearer theirs"}) == "ours"
    assert offered_key({b"authorization": b"bearer theirs"}) == "theirs"
    assert offered_key({}) == ""


def test_pages_elsewhere_are_let_in_by_name_only(
    open_client: Callable[..., Any], colors: Path, picture: Callable[..., bytes]
) -> None:
    with open_client(colors, Settings(access=Access(origins=("https://a.example",)))) as client:
        for origin, allowed in (("https://a.example", "https://a.example"), ("https://b.example", None)):
            answer = client.post("/v1/predict", content=picture(), headers={"Origin": origin})
            assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (200, allowed)
