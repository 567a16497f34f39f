"""What the API says about itself: bodies, queries and problems of each route, with examples."""

from typing import Any

from winnow.examples import MEDIA_TYPE as PICTURE
from winnow.serving.attribution import GRID, MASKS, MAX_GRID, MAX_MASKS, METHODS
from winnow.serving.examples import MODEL_QUERY
from winnow.serving.messages import ProblemDocument
from winnow.serving.predicting import MAX_TOP, TOP
from winnow.serving.problems import KINDS, MEDIA_TYPE
from winnow.traffic.entry import REQUEST_ID

# A PNG of one white pixel.
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"
_BINARY = {"type": "string", "format": "binary"}
_BASE64 = {"type": "string", "contentEncoding": "base64", "example": _PIXEL}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_COMMON = (401, 429)
_MAX_PLACE = 9_999_999
_IMAGES = (400, 401, 408, 413, 415, 422, 429, 503, 504)

KEYS = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}, "bearer": {"type": "http", "scheme": "bearer"}}
ADMIN = {"adminToken": {"type": "apiKey", "in": "header", "name": "X-Admin-Token"}}


def image_body(*, is_single: bool = False) -> dict[str, Any]:
    """Return the ways to send images."""
    many: dict[str, Any] = {"type": "array", "minItems": 1, "items": _BASE64}
    form: dict[str, Any] = {"type": "array", "minItems": 1, "items": _BINARY}
    if is_single:
        many, form = {**many, "maxItems": 1}, _BINARY
    return {
        "required": True,
        "content": {
            "image/*": {"schema": _BINARY},
            "application/octet-stream": {"schema": _BINARY},
            "multipart/form-data": {"schema": {"type": "object", "required": ["image"], "properties": {"image": form}}},
            "application/json": {
                "schema": {"type": "object", "required": ["images"], "properties": {"images": many}},
                "example": {"images": [_PIXEL]},
            },
        },
    }


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problems that a route may answer with."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    kinds = [kind for kind in KINDS if kind.status == status]
    described: dict[str, Any] = {
        "description": "; ".join(kind.title for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"},
                "examples": {
                    kind.name: {
                        "value": {"type": kind.uri, "title": kind.title, "status": status, "detail": "what and why"}
                    }
                    for kind in kinds
                },
            }
        },
    }
    if status in {429, 503}:
        described["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return described


def query(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter of the query."""
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}


def place(name: str, text: str) -> dict[str, Any]:
    """Return a parameter of the path: a place in a list."""
    schema = {"type": "integer", "minimum": 0, "maximum": _MAX_PLACE}
    return {"name": name, "in": "path", "required": True, "description": text, "schema": schema}


def _count(default: int, largest: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": largest, "default": default}


PREDICT: dict[str, Any] = {
    "requestBody": image_body(),
    "parameters": [query("top", "How many classes to name, at most as many as there are.", _count(TOP, MAX_TOP))],
}
EXPLAIN: dict[str, Any] = {
    "requestBody": image_body(is_single=True),
    "parameters": [
        query("label", "The class to look for. Default: the most probable one.", {"type": "string"}),
        query("method", "How.", {"type": "string", "enum": list(METHODS), "default": METHODS[0]}),
        query("grid", "Cells along each side of the map.", _count(GRID, MAX_GRID)),
        query("masks", "Random masks, for `rise`.", _count(MASKS, MAX_MASKS)),
    ],
}
EXAMPLE: dict[str, Any] = {
    "parameters": [
        place("class_index", "Which class: its place in the `labels` of `/v1/model`, from 0."),
        place("number", "Which of its pictures, from 0; `num_examples` of `/v1/model` says how many there are."),
        query(MODEL_QUERY, "Of this model alone (as `/v1/model` names its file): 404 once another answers.", _SHA256),
    ],
}
RELOAD: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["model"], "properties": {"model": {"type": "string"}}},
                "example": {"model": "classifier@v1.2.0"},
            }
        },
    },
}
FEEDBACK: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["request_id", "label"],
                    "additionalProperties": False,
                    "properties": {
                        "request_id": {"type": "string", "pattern": f"^{REQUEST_ID}$"},
                        "image": {"type": "integer", "minimum": 0, "default": 0},
                        "label": {"type": "string", "minLength": 1},
                    },
                },
                "example": {"request_id": "5f1c", "image": 0, "label": "cat"},
            }
        },
    },
}
PREDICT_PROBLEMS = problems(*_IMAGES)
EXPLAIN_PROBLEMS = problems(*_IMAGES)
MODEL_PROBLEMS = problems(*_COMMON, 503)
EXAMPLE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {PICTURE: {"schema": _BINARY}}},
    304: {"description": "The browser has it already (`If-None-Match`)."},
    **problems(*_COMMON, 404, 503),
}
RELOAD_PROBLEMS = problems(400, 401, 409, 413, 422, 429)
FEEDBACK_PROBLEMS = problems(400, 401, 408, 413, 415, 422, 429, 503)
READY_PROBLEMS = problems(503)


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Add to FastAPI's document what it does not know: problem documents, and that keys may be needed."""
    components = schema.setdefault("components", {})
    document = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    components.setdefault("schemas", {})[ProblemDocument.__name__] = document
    components["securitySchemes"] = {**KEYS, **ADMIN}
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            if path.startswith("/v1/admin/"):
                operation["security"] = [{"adminToken": []}, {"bearer": []}]
            elif path not in {"/livez", "/readyz"}:
                operation["security"] = [{}, {"key": []}, {"bearer": []}]
    return schema
