"""`POST /v1/predict` over the corpus: what is no image is refused as `winnow add` refuses it, and nothing is a 5xx."""

import base64
import random
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from corpus_files import FINE, corpus
from law import MAX_PIXELS, outcome
from starlette.testclient import TestClient
from tiny_onnx import about, save_means

from winnow.ingest.quarantine import Refusal
from winnow.serving.app import create_app
from winnow.serving.settings import Limits, Settings
from winnow.serving.source import find_source

pytestmark = pytest.mark.slow
STATUSES = {FINE: 200, "Q101": 415, "Q102": 400, "Q103": 422, "Q104": 413, "Q105": 422, "Q106": 422}
GROWTH_BYTES = 200e6


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    labels = ["bird", "cat", "dog"]
    model = save_means(tmp_path / "model.onnx", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], about(labels).to_metadata())
    settings = Settings(limits=Limits(max_pixels=MAX_PIXELS, max_images=4))
    with TestClient(create_app(lambda _: find_source(model), settings), raise_server_exceptions=False) as client:
        for _ in range(1000):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.01)
        yield client


def test_every_file_is_answered_or_refused_as_by_add_and_memory_stays_bounded(
    client: TestClient, capfd: pytest.CaptureFixture[str]
) -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    wrong = {}
    for file in corpus():
        added = outcome(file.content)
        expected = STATUSES[added.check if isinstance(added, Refusal) else FINE]
        answer = client.post("/v1/predict", content=file.content, headers={"Content-Type": "image/png"})
        if answer.status_code != expected or (expected != 200 and not answer.json()["detail"].isprintable()):
            wrong[file.name] = answer.text
    assert wrong == {}
    assert process.memory_info().rss - before < GROWTH_BYTES
    assert capfd.readouterr() == ("", "")


def test_a_good_image_is_answered_whatever_its_neighbours_are(client: TestClient) -> None:
    good = next(file.content for file in corpus() if not isinstance(outcome(file.content), Refusal))
    drawn = random.Random(0)
    for file in drawn.sample(corpus(), 40):
        sent = [("image", ("x", good)), ("image", ("y", file.content))]
        assert client.post("/v1/predict", files=sent).status_code < 500
        assert client.post("/v1/predict", content=good).status_code == 200


def test_bodies_of_noise_are_refused_in_every_form(client: TestClient) -> None:
    drawn = random.Random(1)
    form = b'--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\nabc\r\n--b--\r\n'
    text = b'{"images": ["' + base64.b64encode(b"abc") + b'"]}'
    for number in range(300):
        media, whole = (("multipart/form-data; boundary=b", form), ("application/json", text))[number % 2]
        noisy = bytearray(whole)
        for _ in range(drawn.randint(1, 6)):
            noisy[drawn.randrange(len(noisy))] = drawn.randrange(256)
        answer = client.post(
            "/v1/predict", content=bytes(noisy[: drawn.randint(1, len(noisy))]), headers={"Content-Type": media}
        )
        assert answer.status_code in {400, 413, 415, 422}, (media, bytes(noisy), answer.text)
