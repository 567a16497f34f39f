import base64
from collections.abc import Iterator
from typing import Any

from starlette.testclient import TestClient

from winnow.serving.openapi import complete


def refs(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        if isinstance(content.get("$ref"), str):
            yield content["$ref"]
        for value in content.values():
            yield from refs(value)
    elif isinstance(content, list):
        for value in content:
            yield from refs(value)


def test_the_document_names_every_route_its_bodies_and_its_problems(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/v1/predict",
        "/v1/examples/{class_index}/{number}",
        "/v1/explain",
        "/v1/model",
        "/v1/admin/reload",
        "/livez",
        "/readyz",
    }
    predict = document["paths"]["/v1/predict"]["post"]
    bodies = predict["requestBody"]["content"]
    assert set(bodies) == {"image/*", "application/octet-stream", "multipart/form-data", "application/json"}
    assert {"200", "400", "401", "408", "413", "415", "422", "429", "503", "504"} <= set(predict["responses"])
    assert "application/problem+json" in predict["responses"]["503"]["content"]
    assert "Retry-After" in predict["responses"]["503"]["headers"]


def test_an_example_is_described_as_a_picture_and_its_places_as_numbers(client: TestClient) -> None:
    told = client.get("/openapi.json").json()["paths"]["/v1/examples/{class_index}/{number}"]["get"]
    assert set(told["responses"]["200"]["content"]) == {"image/webp"}
    assert {"304", "401", "404", "429", "503"} <= set(told["responses"])
    assert [(each["name"], each["in"], each["schema"]["type"]) for each in told["parameters"]] == [
        ("class_index", "path", "integer"),
        ("number", "path", "integer"),
        ("file_sha256", "query", "string"),
    ]


def test_every_reference_leads_somewhere(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    named = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(refs(document)) <= named


def test_the_example_is_answered(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    example = document["paths"]["/v1/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert client.post("/v1/predict", json=example).status_code == 200
    assert base64.b64decode(example["images"][0]).startswith(b"\x89PNG")


def test_administration_needs_its_token_and_health_needs_none() -> None:
    made = complete({"paths": {"/v1/admin/reload": {"post": {}}, "/livez": {"get": {}}, "/v1/model": {"get": {}}}})
    assert made["paths"]["/v1/admin/reload"]["post"]["security"] == [{"adminToken": []}, {"bearer": []}]
    assert "security" not in made["paths"]["/livez"]["get"]
    assert {} in made["paths"]["/v1/model"]["get"]["security"]
