"""An exported model written by hand, for tests that need neither torch nor training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from winnow.runtime import METADATA, ServedModel
from winnow.transforms.spec import PreprocessSpec


def about(labels: Sequence[str], *, channels: int = 3, size: int = 4) -> ServedModel:
    """Return what such a file says about itself."""
    spec = PreprocessSpec(
        size=size, channels=channels, fit="stretch", resample="nearest", alpha="composite", background=[255, 255, 255]
    )
    return ServedModel(spec=spec, labels=list(labels), precision="fp32", weights_hash="", data_hash="", code_hash="")


def save_means(
    path: Path,
    weights: Sequence[Sequence[float]],
    metadata: str | None,
    *,
    size: int = 4,
    bias: Sequence[float] | None = None,
) -> Path:
    """Write a model whose embedding is each channel's mean, 0-255, and whose logits are `weights` [K, C] times it.

    Plus the `bias` [K].
    """
    matrix = np.array(weights, dtype=np.float32).T
    num_channels, num_classes = matrix.shape
    nodes = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "axes"], ["embedding"], keepdims=0),
        helper.make_node("MatMul", ["embedding", "weights"], ["products"]),
        helper.make_node("Add", ["products", "bias"], ["logits"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([1, 2], dtype=np.int64), "axes"),
        numpy_helper.from_array(matrix, "weights"),
        numpy_helper.from_array(np.array(bias or [0] * num_classes, dtype=np.float32), "bias"),
    ]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", size, size, num_channels])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])
        for name, width in (("logits", num_classes), ("embedding", num_channels))
    ]
    graph = helper.make_graph(nodes, "means", [pixels], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if metadata is not None:
        helper.set_model_props(model, {METADATA: metadata})
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path
