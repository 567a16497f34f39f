"""`POST /v1/predict` as clients use it: every way to send an image, every mode, every refusal."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus_pictures import encoded, modes, photo, plain
from PIL import Image
from starlette.testclient import TestClient

from winnow.commands.predict import predict
from winnow.project import Project
from winnow.serving.answered import Answered, picture_statistics
from winnow.serving.settings import Limits, Settings

Picture = Callable[..., bytes]
PARAMS = Path(__file__).parents[2] / "params.yaml"
RAW = {"Content-Type": "application/octet-stream"}


def ask(client: TestClient, content: bytes, **more: Any) -> Any:
    return client.post("/v1/predict", content=content, headers=RAW, **more)


def test_a_picture_is_answered_with_the_most_probable_classes_first(client: TestClient, picture: Picture) -> None:
    answer = ask(client, picture((0, 200, 90)))
    assert answer.status_code == 200
    content = answer.json()
    assert content["model"] == "classifier@v1.0.0"
    assert content["request_id"] == answer.headers["x-request-id"]
    (prediction,) = content["predictions"]
    assert [each["label"] for each in prediction["top"]] == ["green", "blue", "red"]
    expected = np.exp(np.array([0, 200, 90]) / 100)
    assert prediction["top"][0]["probability"] == pytest.approx(expected[1] / expected.sum(), abs=1e-6)


def test_top_says_how_many_classes_are_named(client: TestClient, picture: Picture) -> None:
    def named(top: str) -> int:
        return len(ask(client, picture(), params={"top": top}).json()["predictions"][0]["top"])

    assert [named("1"), named("2"), named("99")] == [1, 2, 3]


@pytest.mark.parametrize("top", ["0", "-1", "many", "1.5", "", "9" * 40, "²"])
def test_a_top_that_is_no_number_is_refused(client: TestClient, picture: Picture, top: str) -> None:
    answer = ask(client, picture(), params={"top": top})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem-type:winnow:bad-value")


def test_forms_json_and_raw_bytes_are_answered_alike(client: TestClient, picture: Picture) -> None:
    red, blue = picture((250, 0, 0)), picture((0, 0, 250))
    form = client.post("/v1/predict", files=[("image", ("a.png", red)), ("image", ("b.png", blue))])
    coded = [base64.b64encode(red).decode(), "data:image/png;base64," + base64.b64encode(blue).decode()]
    as_json = client.post("/v1/predict", json={"images": coded})
    raw = [ask(client, content).json()["predictions"][0] for content in (red, blue)]
    assert form.json()["predictions"] == as_json.json()["predictions"] == raw
    assert [each["top"][0]["label"] for each in raw] == ["red", "blue"]


def test_a_body_without_a_content_type_is_an_image(client: TestClient, picture: Picture) -> None:
    assert client.post("/v1/predict", content=picture()).status_code == 200


def test_every_image_of_the_corpus_is_answered_as_by_winnow_predict(
    client: TestClient, colors: Path, tmp_path: Path
) -> None:
    project = Project(tmp_path)
    project.params.write_text(PARAMS.read_text(encoding="utf-8"), encoding="utf-8")
    files = {**plain(), **dict(modes())}
    paths = [tmp_path / f"{number}.bin" for number in range(len(files))]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content)
    expected = predict(project, paths, top=3, model=colors / "onnx" / "model.onnx").records()
    assert len(files) > 30
    singly = [ask(client, content).json()["predictions"][0]["top"] for content in files.values()]
    together: list[Any] = []
    contents = list(files.values())
    for start in range(0, len(contents), 32):
        sent = [("image", ("x", content)) for content in contents[start : start + 32]]
        together += [each["top"] for each in client.post("/v1/predict", files=sent).json()["predictions"]]
    assert [record["top"] for record in expected] == singly == together


@pytest.mark.parametrize(
    ("content", "status", "kind", "check"),
    [
        (b"", 400, "no-image", None),
        (b"no picture at all", 415, "not-an-image", "Q101"),
        (encoded(photo(), "PNG")[:-40], 422, "bad-image", "Q103"),
        (encoded(photo(), "GIF", save_all=True, append_images=[photo(1)]), 422, "bad-image", "Q105"),
        (encoded(Image.new("F", (4, 4)), "TIFF"), 422, "bad-image", "Q106"),
    ],
)
def test_what_is_no_usable_image_is_refused_with_its_check(
    client: TestClient, content: bytes, status: int, kind: str, check: str | None
) -> None:
    answer = ask(client, content)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem.get("check")) == (status, status, check)
    assert problem["type"] == f"urn:problem-type:winnow:{kind}"
    assert answer.headers["content-type"] == "application/problem+json"


def test_of_several_images_the_bad_ones_are_named_by_their_place(client: TestClient, picture: Picture) -> None:
    sent = [
        ("image", ("a<b>.png", content)) for content in (picture(), b"text", picture(), encoded(photo(), "PNG")[:90])
    ]
    answer = client.post("/v1/predict", files=sent)
    problem = answer.json()
    assert answer.status_code == 422
    assert [(error["index"], error["check"]) for error in problem["errors"]] == [(1, "Q101"), (3, "Q103")]
    assert "a<b>" not in answer.text


def test_limits_on_bytes_pixels_and_count_give_413(
    open_client: Callable[..., Any], colors: Path, picture: Picture
) -> None:
    settings = Settings(limits=Limits(max_body_bytes=2_000, max_pixels=100, max_images=2))
    with open_client(colors, settings) as client:
        assert ask(client, picture(size=(10, 10))).status_code == 200
        for answer in (
            ask(client, bytes(2_001)),
            client.post("/v1/predict", content=iter([bytes(1_500), bytes(1_500)]), headers=RAW),
            ask(client, picture(size=(11, 10))),
            client.post("/v1/predict", files=[("image", ("x", picture()))] * 3),
            client.post("/v1/predict", json={"images": ["aGFsbG8="] * 3}),
        ):
            assert (answer.status_code, answer.json()["type"]) == (413, "urn:problem-type:winnow:too-large")


def test_an_answer_that_is_not_finite_is_no_answer(
    open_client: Callable[..., Any], write_model: Callable[..., Path], tmp_path: Path, picture: Picture
) -> None:
    with open_client(write_model(tmp_path, scale=1e37)) as client:
        assert ask(client, picture((9, 9, 9))).status_code == 200
        answer = ask(client, picture((99, 99, 99)))
        assert (answer.status_code, answer.json()["type"]) == (500, "urn:problem-type:winnow:internal-error")


def test_an_observer_hears_of_answers_and_cannot_spoil_them(
    open_client: Callable[..., Any], colors: Path, picture: Picture, wait: Callable[..., None]
) -> None:
    heard: list[Answered] = []

    def fail(_: Answered) -> None:
        raise RuntimeError("the disk is full")

    with open_client(colors, None, (fail, heard.append)) as client:
        content = picture((250, 0, 0), size=(6, 4))
        answer = ask(client, content)
        assert answer.status_code == 200
        wait(lambda: bool(heard))
        ask(client, b"no image")
    (answered,) = heard
    assert (answered.request_id, answered.model) == (answer.headers["x-request-id"], "classifier@v1.0.0")
    assert (answered.labels, answered.contents) == (["red", "green", "blue"], [content])
    assert 0 < answered.latency_s < 20
    (image,) = answered.images
    assert image.embedding.tolist() == [250, 0, 0]
    assert picture_statistics(image) == {
        "brightness": 83.33,
        "contrast": 0.0,
        "sharpness": 0.0,
        "width": 6,
        "height": 4,
        "mode": "RGB",
    }


def test_the_answer_is_utf_8_json(
    open_client: Callable[..., Any], write_model: Callable[..., Path], tmp_path: Path, picture: Picture
) -> None:
    labels = ["rouge é", '"; <b>', "漢字"]
    with open_client(write_model(tmp_path, labels=labels)) as client:
        answer = ask(client, picture((0, 0, 250)))
    assert json.loads(answer.content.decode("utf-8"))["predictions"][0]["top"][0]["label"] == "漢字"
    assert io.BytesIO(answer.content).read(1) == b"{"
