from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from winnow.errors import InputError
from winnow.export.quantize import calibration_rows, quantize
from winnow.runtime import Runtime


def test_calibration_rows_are_drawn_by_the_seed_without_repetition() -> None:
    rows = calibration_rows(1000, 256, seed=0)
    assert len(set(rows.tolist())) == 256
    assert (np.diff(rows) > 0).all()
    assert rows.max() < 1000
    assert rows.tolist() == calibration_rows(1000, 256, seed=0).tolist()
    assert rows.tolist() != calibration_rows(1000, 256, seed=1).tolist()


def test_few_training_images_are_all_taken() -> None:
    assert calibration_rows(5, 256, seed=0).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "channels", "size", "num_classes"),
    [("winnow/small_cnn", 1, 16, 3), ("timm/test_efficientnet", 4, 32, 1000), ("timm/test_vit", 3, 32, 2)],
)
def test_int8_answers_nearly_as_the_bundle_and_is_smaller(
    export: Callable[..., Any], tmp_path: Path, name: str, channels: int, size: int, num_classes: int
) -> None:
    exported = export(name, channels, size, num_classes)
    about = Runtime.load(exported.file).meta
    quantize(exported.file, tmp_path / "int8.onnx", [exported.pixels(16)], about)
    runtime = Runtime.load(tmp_path / "int8.onnx")
    pixels = exported.pixels(7)
    expected, got = exported.served.ask(pixels).logits, runtime.outputs(pixels).logits
    assert np.abs(got - expected).max() < 0.2 * np.abs(expected).max()
    assert np.abs(got - expected).max() > 0
    assert runtime.meta == about.model_copy(update={"precision": "int8"})
    assert (tmp_path / "int8.onnx").stat().st_size < 0.4 * exported.file.stat().st_size


@pytest.mark.slow
def test_the_same_images_give_the_same_bytes_and_others_do_not(small: Any, tmp_path: Path) -> None:
    about = Runtime.load(small.file).meta
    for name, pixels in (("one", small.pixels(8)), ("two", small.pixels(8)), ("other", small.pixels(8) // 8)):
        quantize(small.file, tmp_path / name, [pixels[:5], pixels[5:]], about)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes() != (tmp_path / "other").read_bytes()


@pytest.mark.slow
def test_products_of_two_activations_stay_in_floats(export: Callable[..., Any], tmp_path: Path) -> None:
    exported = export("timm/test_vit", 3, 32, 2)
    quantize(exported.file, tmp_path / "int8.onnx", [exported.pixels(4)], Runtime.load(exported.file).meta)
    graph = onnx.load(tmp_path / "int8.onnx").graph
    maker = {name: node.op_type for node in graph.node for name in node.output}
    sources = [tuple(maker.get(name) == "DequantizeLinear" for name in node.input) for node in graph.node]
    kinds = {pair for node, pair in zip(graph.node, sources, strict=True) if node.op_type == "MatMul"}
    assert kinds == {(True, True), (False, False)}


@pytest.mark.slow
def test_a_model_that_cannot_be_quantized_is_refused_and_nothing_is_left(small: Any, tmp_path: Path) -> None:
    wrong = np.zeros((1, 3, 3, 1), dtype=np.uint8)
    with pytest.raises(InputError, match="cannot be quantized"):
        quantize(small.file, tmp_path / "int8.onnx", [wrong], Runtime.load(small.file).meta)
    assert list(tmp_path.iterdir()) == []
