import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from winnow.serving import explaining
from winnow.serving.attribution import Wanted
from winnow.serving.explaining import Task, stand_back, work
from winnow.serving.model import load
from winnow.serving.settings import Explaining, Settings
from winnow.serving.source import find_source

Picture = Callable[..., bytes]


@pytest.mark.parametrize("method", ["occlusion", "rise"])
def test_an_explanation_names_the_class_and_maps_the_picture(client: TestClient, picture: Picture, method: str) -> None:
    answer = client.post("/v1/explain", content=picture((250, 0, 0)), params={"method": method, "grid": 4, "masks": 8})
    told = answer.json()
    assert (answer.status_code, told["label"], told["model"]) == (200, "red", "classifier@v1.0.0")
    assert [len(row) for row in told["heat"]] == [4] * 4
    assert (told["method"], told["region"]) == (method, [0, 0, 1, 1])
    predicted = client.post("/v1/predict", content=picture((250, 0, 0))).json()["predictions"][0]["top"][0]
    assert predicted == {"label": told["label"], "probability": told["probability"]}


def test_a_class_can_be_asked_for(client: TestClient, picture: Picture) -> None:
    told = client.post("/v1/explain", content=picture((250, 0, 0)), params={"label": "blue"}).json()
    assert told["label"] == "blue"
    assert told["probability"] < 0.2


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"label": "pink"}, 422),
        ({"method": "magic"}, 422),
        ({"grid": "0"}, 422),
        ({"masks": "257"}, 422),
        ({"grid": "15"}, 422),
        ({}, 200),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: TestClient, picture: Picture, params: dict[str, str], status: int
) -> None:
    assert client.post("/v1/explain", content=picture(), params=params).status_code == status


def test_one_image_at_a_time_and_only_images(client: TestClient, picture: Picture) -> None:
    two = client.post("/v1/explain", files=[("image", ("x", picture()))] * 2)
    assert (two.status_code, two.json()["detail"]) == (413, "expected one image")
    assert client.post("/v1/explain", content=b"no image").status_code == 415


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows a priority for each thread")
def test_explanations_have_the_lowest_priority_and_nothing_else_gets_it() -> None:
    seen, before = [], os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def look() -> None:
        stand_back()
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [19]
    # The lowest one too where somebody runs all tests with it.
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def task(colors: Path, content: bytes, is_quiet: Callable[[], bool], within_s: float = 20) -> Task:
    loaded = load(find_source(colors), num_threads=1, max_pixels=1000)
    return Task(loaded, content, None, Wanted(grid=4), time.monotonic() + within_s, is_quiet)


def test_predictions_pass_between_any_two_questions(colors: Path, picture: Picture) -> None:
    asked = []

    def is_quiet() -> bool:
        asked.append(True)
        return len(asked) % 3 == 0

    work([task(colors, picture(), is_quiet)])
    assert len(asked) >= 3 * 5, "16 cells in fours, and the whole picture"


def test_an_explanation_goes_on_slowly_when_there_is_no_pause_at_all(
    colors: Path, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "_MIN_WAIT_S", 0.01)
    (found,) = work([task(colors, picture(), lambda: False)])
    assert isinstance(found, explaining.Explanation)


def test_an_explanation_ends_at_its_deadline(colors: Path, picture: Picture) -> None:
    started = time.monotonic()
    (found,) = work([task(colors, picture(), lambda: False, within_s=0.05)])
    assert isinstance(found, TimeoutError)
    assert time.monotonic() - started < 1


def test_its_queue_is_bounded_and_predictions_do_not_wait_in_it(
    open_client: Callable[..., Any], colors: Path, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go = threading.Event()
    explain = explaining.explain
    monkeypatch.setattr(explaining, "explain", lambda *words: (may_go.wait(20), explain(*words))[1])
    settings = Settings(explaining=Explaining(max_queue=2))
    with open_client(colors, settings) as client, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(client.post, "/v1/explain", content=picture()) for _ in range(8)]
        while sum(each.done() for each in asked) < 4:
            time.sleep(0.01)
        assert client.post("/v1/predict", content=picture()).status_code == 200
        may_go.set()
        statuses = sorted(each.result().status_code for each in asked)
    assert set(statuses) == {200, 503}
    assert 3 <= statuses.count(200) <= 4
    refused = next(each.result() for each in asked if each.result().status_code == 503)
    assert int(refused.headers["retry-after"]) >= 1


def test_too_late_is_504(open_client: Callable[..., Any], colors: Path, picture: Picture) -> None:
    with open_client(colors, Settings(explaining=Explaining(timeout_s=0.0))) as client:
        answer = client.post("/v1/explain", content=picture())
    assert (answer.status_code, answer.json()["type"]) == (504, "urn:problem-type:winnow:timed-out")
