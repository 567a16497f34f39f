"""What goes over the wire, as OpenAPI describes it. Answers are written by hand: nothing is validated twice."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from winnow.serving.attribution import Method
from winnow.serving.settings import Logged


class Message(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Named(Message):
    """A class, and how probable it is."""

    label: str
    probability: float = Field(ge=0, le=1)


class Prediction(Message):
    """What the model says about one image."""

    top: list[Named]
    """The most probable first."""


class Predictions(Message):
    """The answer to `POST /v1/predict`, in the order of the images."""

    model: str = Field(examples=["classifier@v1.2.0"])
    request_id: str
    predictions: list[Prediction]


class Explained(Message):
    """The answer to `POST /v1/explain`."""

    model: str = Field(examples=["classifier@v1.2.0"])
    request_id: str
    label: str
    probability: float = Field(ge=0, le=1)
    method: Method
    num_evaluations: int
    """How many pictures the model was asked about."""

    heat: list[list[float]]
    """Rows from the top, cells from the left: what speaks for the class is above 0."""

    region: list[float] = Field(min_length=4, max_length=4)
    """What the map covers: left, top, right, bottom as parts of the picture's width and height."""


class Noted(Message):
    """The answer to `POST /v1/feedback`: what was noted."""

    request_id: str
    image: int = Field(ge=0)
    """Which of the request's images, from 0."""

    label: str


class Description(Message):
    """The answer to `GET /v1/model`."""

    name: str
    version: str
    is_registered: bool
    commit: str | None
    signature: str | None
    data_hash: str
    code_hash: str
    weights_hash: str
    file_sha256: str
    precision: Literal["fp32", "int8"]
    num_bytes: int
    labels: list[str]
    num_examples: list[int]
    """How many pictures of each class there are at `/v1/examples/{class_index}/{number}`."""

    preprocessing: dict[str, Any]
    metrics: dict[str, Any] | None
    card: dict[str, Any] | None
    stage: str | None
    logged: Logged
    """What the service's log keeps of each request."""


class Alive(Message):
    """The answer to `GET /livez`."""

    status: Literal["alive"]


class Ready(Message):
    """The answer to `GET /readyz`."""

    status: Literal["ready"]
    model: str


class ProblemDocument(Message):
    """What went wrong: RFC 9457. Further fields tell more of some types."""

    type: str = Field(examples=["urn:problem-type:winnow:bad-image"])
    title: str
    status: int
    detail: str
    instance: str | None = None
    check: str | None = None
    """Of an image: the check that it failed."""

    index: int | None = None
    """Which of several images it was, from 0."""

    errors: list[dict[str, Any]] | None = None
    """One for each of several images."""
