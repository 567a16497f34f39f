from collections.abc import Callable

from starlette.testclient import TestClient

from winnow.serving.messages import Alive, Description, Explained, Predictions, ProblemDocument, Ready


def test_answers_are_what_the_document_promises(client: TestClient, picture: Callable[..., bytes]) -> None:
    content = picture()
    for message, answer in (
        (Predictions, client.post("/v1/predict", content=content)),
        (Explained, client.post("/v1/explain", content=content)),
        (Description, client.get("/v1/model")),
        (Alive, client.get("/livez")),
        (Ready, client.get("/readyz")),
        (ProblemDocument, client.get("/nothing")),
    ):
        told = answer.json()
        read = message.model_validate(told, extra="forbid")
        assert {key for key, value in read.model_dump().items() if value is not None} <= set(told)
