"""What a service's log holds: JSON, a line an image, so that it needs no pyarrow, and a kill costs one line at most."""

import base64
import json
from typing import Annotated, ClassVar, Generic, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from winnow.errors import InputError
from winnow.records import Count, Number, Record
from winnow.schema import require_stamp, stamp

Kind = Literal["requests", "feedback", "images"]
KINDS: tuple[Kind, ...] = ("requests", "feedback", "images")
REQUEST_ID = r"[A-Za-z0-9_.:-]{1,64}"
"""What may be the id of a request: harmless in headers, logs and names."""

ImageId = Annotated[str, Field(pattern="^[0-9a-f]{20}$")]

_HINT = "move the object away, or read a window without it"


class Entry(Record):
    """A line: it belongs to one image of one request."""

    kind: ClassVar[Kind]

    time_s: Number
    """Since 1970."""

    request_id: Annotated[str, Field(pattern=f"^{REQUEST_ID}$")]

    image: Count
    """Which of the request's images it was, from 0."""

    model: str
    """NAME@VERSION."""

    def line(self) -> bytes:
        """Return the entry as it is written."""
        return self.model_dump_json(exclude_none=True).encode() + b"\n"


class Statistics(Record):
    """What an image looks like in a few numbers: `serving.answered.picture_statistics`."""

    brightness: Number
    contrast: Number
    sharpness: Number
    width: Count
    height: Count
    mode: str


class RequestEntry(Entry):
    """What was answered about an image."""

    kind = "requests"

    id: ImageId | None = None
    """Of the image, as in `labels.csv`: the first 20 digits of the SHA-256 of its bytes; None under `aggregate`."""

    top: tuple[tuple[str, Number], ...]
    """Classes and probabilities, the most probable first, at most 20: all of them where there are no more."""

    embedding: str | None = None
    """Base64 of half-precision numbers, little-endian; None under `aggregate`."""

    statistics: Statistics

    latency_s: Number
    """Of the whole request."""

    def vector(self) -> NDArray[np.float32] | None:
        """Return the embedding, [D]."""
        if self.embedding is None:
            return None
        return np.frombuffer(base64.b64decode(self.embedding), "<f2").astype(np.float32)


class FeedbackEntry(Entry):
    """What somebody says that an image shows. `model` answered when it was said."""

    kind = "feedback"

    label: str


class ImageEntry(Entry):
    """An image itself."""

    kind = "images"

    id: ImageId
    content: str
    """Base64 of the file."""

    def file(self) -> bytes:
        """Return the image's file."""
        return base64.b64decode(self.content)


E = TypeVar("E", bound=Entry)


class Parsed(NamedTuple, Generic[E]):
    """A segment that was read."""

    entries: list[E]
    num_torn: int
    """1 where the writer was killed within a line: that one is not among `entries`."""


def header(kind: Kind, writer: str) -> bytes:
    """Return the first line of every segment."""
    return json.dumps(stamp({"kind": kind, "writer": writer})).encode() + b"\n"


def parse(model: type[E], content: bytes, source: str) -> Parsed[E]:
    """Return the entries of a segment. What stands behind the last line break was being written when the end came.

    Raises FormatError for another schema, InputError for anything else that the service does not write.
    """
    first, *lines, rest = content.split(b"\n") if b"\n" in content else (b"", content)
    if not first:
        return Parsed([], int(bool(rest)))
    try:
        about = json.loads(first)
        entries = [model.model_validate_json(line) for line in lines]
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, problem["loc"])) or "a line"
        raise InputError(f"{source}: {where}: {problem['msg']}", hint=_HINT) from None
    except ValueError:
        raise InputError(f"{source}: expected lines of JSON", hint=_HINT) from None
    if not isinstance(about, dict) or about.get("kind") != model.kind:
        raise InputError(f"{source}: expected a segment of {model.kind}", hint=_HINT)
    require_stamp(about, source)
    return Parsed(entries, int(bool(rest)))


def pack(values: NDArray[np.floating]) -> str:
    """Return an embedding [D] as `RequestEntry` keeps it: half precision is enough to see drift, in half the bytes."""
    limit = float(np.finfo(np.float16).max)
    half = np.clip(np.nan_to_num(values), -limit, limit).astype("<f2")
    return base64.b64encode(half.tobytes()).decode("ascii")
