"""The exported model, run by onnxruntime: what a service, a batch and a verdict ask where torch is absent."""

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from winnow.config import Section
from winnow.errors import DivergenceError, InputError, MachineError
from winnow.files import sha256_file
from winnow.schema import require_stamp, stamp
from winnow.transforms.spec import PreprocessSpec

MODEL = "model.onnx"
INT8_MODEL = "model.int8.onnx"
PARITY = "parity.json"
"""Beside them: how both compare with the bundle, and which one serves."""
METADATA = "winnow"
"""The key in the file's metadata under which all that is known about the model stands, as JSON."""

INPUT = "pixels"
LOGITS = "logits"
EMBEDDING = "embedding"

_HINT = "winnow export writes it, `dvc pull` brings one that was pushed"

Floats = NDArray[np.float32]


class ServedModel(Section):
    """What an exported file says about itself."""

    spec: PreprocessSpec
    """How an image becomes the file's input, uint8 [B, size, size, channels]; scaling happens inside."""

    labels: list[str]
    """Class names in the order of the outputs."""

    precision: Literal["fp32", "int8"]

    weights_hash: str
    """SHA-256 of the bundle's weights."""

    data_hash: str
    code_hash: str

    def to_metadata(self) -> str:
        """Return the text that stands in the file."""
        return json.dumps(stamp(self.model_dump()), sort_keys=True, ensure_ascii=False)


class Outputs(NamedTuple):
    """What the network says about B images."""

    logits: Floats
    """[B, K]."""

    embedding: Floats
    """[B, D]: what its last layer reads, averaged over places; the logits where there is no such layer."""


class Runtime:
    """A loaded file. It answers as the bundle does, within the tolerance that `parity.json` records."""

    def __init__(self, session: Any, meta: ServedModel, identity: str) -> None:
        """Take an `onnxruntime.InferenceSession`; `load` makes one."""
        self._session = session
        self.meta = meta
        self.spec = meta.spec
        self.labels = meta.labels
        self.identity = identity
        """SHA-256 of the file."""

    @classmethod
    def load(cls, path: Path, *, num_threads: int | None = None) -> Self:
        """Return the model in the file at `path`, on the CPU; `num_threads` None takes a thread a core.

        Raises InputError for a file that is absent, damaged or not written by `winnow export`, FormatError for
        another schema, MachineError where onnxruntime is not installed.
        """
        try:
            import onnxruntime
        except ModuleNotFoundError:
            raise MachineError("onnxruntime is not installed", hint="install the extra `serve`") from None
        if not path.is_file():
            raise InputError(f"expected {path}, found nothing", hint=_HINT)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads or 0
        options.log_severity_level = 3  # errors only: what it warns of cannot be mended by who serves
        try:
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions share no other class
            raise InputError(f"{path} cannot be loaded: {_first_line(error)}", hint=_HINT) from error
        return cls(session, read_meta(session, path), sha256_file(path))

    def outputs(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Return logits and embeddings for `pixels` uint8 [B, size, size, channels].

        Raises DivergenceError for an output that is not finite.
        """
        logits, embedding = self._session.run([LOGITS, EMBEDDING], {INPUT: pixels})
        if not np.isfinite(logits).all():
            raise DivergenceError("the model's outputs are not finite", hint="train again with a lower learning rate")
        return Outputs(logits, embedding)

    def probabilities(self, pixels: NDArray[np.uint8]) -> Floats:
        """Return the softmax of the logits, [B, K]; errors as `outputs`."""
        return softmax(self.outputs(pixels).logits)


def softmax(logits: Floats) -> Floats:
    """Return probabilities [B, K] of logits [B, K]."""
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Floats = exponents / exponents.sum(axis=1, keepdims=True)
    return probabilities


def read_meta(session: Any, path: Path) -> ServedModel:
    """Return what a loaded file says about itself; errors as `Runtime.load`."""
    text = session.get_modelmeta().custom_metadata_map.get(METADATA)
    if text is None:
        raise InputError(f"{path} was not written by winnow: it has no metadata `{METADATA}`", hint=_HINT)
    try:
        content = json.loads(text)
        require_stamp(content, path)
        meta = ServedModel.model_validate({key: content[key] for key in ServedModel.model_fields if key in content})
    except (ValueError, AttributeError, ValidationError) as error:
        raise InputError(f"{path}: its metadata `{METADATA}` is broken: {_first_line(error)}", hint=_HINT) from None
    expected = [meta.spec.size, meta.spec.size, meta.spec.channels]
    got = [list(each.shape[1:]) for each in session.get_inputs() if each.name == INPUT]
    if got != [expected]:
        raise InputError(f"{path}: expected an input `{INPUT}` of {expected} pixels, got {got}", hint=_HINT)
    return meta


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
