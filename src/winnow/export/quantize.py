"""`model.int8.onnx`: 8-bit weights and activations, their ranges set by training images. The same bytes twice.

Activations are unsigned, weights signed and of 7 bits ("reduced range"): processors without VNNI add products of 8 bits
in 16, where two of full range overflow without a word. So one file means the same on every processor. On AVX2 this was
as fast as full range, and twice as fast as signed activations (docs/log.md).
"""

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from winnow.errors import InputError
from winnow.export.onnx import quiet, to_bytes
from winnow.files import write_bytes
from winnow.runtime import INPUT, ServedModel
from winnow.seeding import derive_seed

Pixels = NDArray[np.uint8]

_ATTENTION = {"Softmax", "LayerNormalization"}
_PRODUCTS = ["Conv", "Gemm", "MatMul"]


def calibration_rows(num_images: int, wanted: int, seed: int) -> NDArray[np.int64]:
    """Return the rows of at most `wanted` of `num_images` training images, drawn without repetition, ascending."""
    generator = np.random.default_rng(derive_seed(seed, "calibration"))
    return np.sort(generator.permutation(num_images)[:wanted])


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # untyped
    def __init__(self, batches: Iterable[Pixels]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, Pixels] | None:
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}


def quantize(source: Path, target: Path, batches: Iterable[Pixels], about: ServedModel) -> None:
    """Write the model at `source`, quantized, to `target`; `batches` are training images, uint8 [B, H, W, C].

    Raises InputError for a model that the quantizer cannot take.
    """
    with tempfile.TemporaryDirectory() as folder, quiet(), _silent_log():
        folded, quantized = Path(folder, "folded.onnx"), Path(folder, "quantized.onnx")
        try:
            # Symbolic inference needs no run: all shapes but the batch are known.
            quant_pre_process(source, folded, skip_symbolic_shape=True)
            graph = onnx.load(folded).graph
            quantize_static(
                folded,
                quantized,
                _Reader(batches),
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                op_types_to_quantize=_kinds(graph),
                nodes_to_exclude=[*_scaling(graph), *_unweighted(graph)],
            )
            model = onnx.load(quantized)
        except Exception as error:  # whatever it raises, it is about this model
            message = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise InputError(f"the model cannot be quantized: {message}", hint="set `export.int8: false`") from error
    write_bytes(target, to_bytes(model, about.model_copy(update={"precision": "int8"})))


def _kinds(graph: onnx.GraphProto) -> list[str] | None:
    """Return the operations to quantize; None for all that can be.

    Of a transformer only the products: its softmax and its normalisations lose more in 8 bits than they gain in time.
    """
    return _PRODUCTS if any(node.op_type in _ATTENTION for node in graph.node) else None


def _scaling(graph: onnx.GraphProto) -> list[str]:
    """Return the nodes between the pixels and the first product: scaling 8-bit pixels has nothing to gain."""
    names: list[str] = []
    for node in graph.node:
        if node.op_type in _PRODUCTS:
            return names
        names.append(node.name)
    return names


def _unweighted(graph: onnx.GraphProto) -> list[str]:
    """Return the products of two activations (attention): onnxruntime 1.31 answers wrongly when these are in 8 bits.

    On AVX2, with its optimizations: outputs of a small transformer moved by their own size, without them by 4 %.
    """
    weights = {initializer.name for initializer in graph.initializer}
    products = [node for node in graph.node if node.op_type == "MatMul"]
    return [node.name for node in products if weights.isdisjoint(node.input)]


@contextmanager
def _silent_log() -> Iterator[None]:
    """Hold back what the quantizer logs to the root logger: advice that has been followed."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
