from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from winnow.errors import ConfigError
from winnow.export.onnx import Served, describe, write_onnx
from winnow.models import store
from winnow.runtime import Runtime

pytestmark = pytest.mark.slow

NETWORKS = [
    ("winnow/small_cnn", 1, 16, 3, 64),
    ("timm/test_efficientnet", 4, 32, 1000, 256),
    ("timm/test_vit", 3, 32, 2, 64),
    ("nets:flat", 3, 8, 5, 4),
    ("nets:levels", 3, 8, 6, 6),
]


@pytest.mark.parametrize(("name", "channels", "size", "num_classes", "width"), NETWORKS)
def test_the_file_answers_as_the_bundle_for_any_number_of_images(
    export: Callable[..., Any], name: str, channels: int, size: int, num_classes: int, width: int
) -> None:
    exported = export(name, channels, size, num_classes)
    runtime = Runtime.load(exported.file)
    for num_images in (1, 2, 5):
        pixels = exported.pixels(num_images)
        expected, got = exported.served.ask(pixels), runtime.outputs(pixels)
        assert got.logits.shape == (num_images, num_classes)
        assert got.embedding.shape == (num_images, width)
        for one, other in zip(expected, got, strict=True):
            np.testing.assert_allclose(other, one, atol=1e-4 * max(1, np.abs(one).max()))


def test_the_embedding_is_what_the_last_layer_reads(export: Callable[..., Any]) -> None:
    exported = export("nets:flat", 3, 8, 5)
    last = exported.served.model[-1]
    outputs = Runtime.load(exported.file).outputs(exported.pixels())
    logits = outputs.embedding @ last.weight.detach().numpy().T + last.bias.detach().numpy()
    np.testing.assert_allclose(logits, outputs.logits, atol=1e-5)
    assert outputs.embedding.std() > 0.01


def test_the_same_bundle_gives_the_same_bytes(small: Any, tmp_path: Path) -> None:
    meta, model = store.load(small.bundle, small.custom)
    write_onnx(tmp_path / "again.onnx", Served(meta, model), Runtime.load(small.file).meta)
    assert (tmp_path / "again.onnx").read_bytes() == small.file.read_bytes()


def test_the_file_holds_what_a_service_needs_and_nothing_of_this_machine(small: Any) -> None:
    model = onnx.load(small.file)
    assert [each.name for each in model.graph.output] == ["logits", "embedding"]
    (pixels,) = model.graph.input
    dims = [dim.dim_param or dim.dim_value for dim in pixels.type.tensor_type.shape.dim]
    assert dims == ["batch", 16, 16, 1]
    assert pixels.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    about = Runtime.load(small.file).meta
    assert (about.spec, about.labels, about.precision) == (small.meta.spec, small.meta.labels, "fp32")
    assert about.data_hash == "d" * 64
    content = small.file.read_bytes()
    source = Path(__file__).parents[2]
    for trace in (str(source), str(Path.home()), "normalize.py", "stack_trace"):
        assert trace.encode() not in content, trace


def test_a_network_that_decides_by_values_is_refused_with_a_reason(custom: Path, export: Callable[..., Any]) -> None:
    with pytest.raises(ConfigError, match="cannot be exported to ONNX") as caught:
        export("nets:picky", 3, 8, 3)
    assert "forward" in caught.value.hint
    assert "\n" not in caught.value.message


def test_what_is_described_comes_from_the_bundle(small: Any) -> None:
    about = describe(small.meta, "a" * 64)
    assert (about.weights_hash, about.code_hash, about.labels) == ("a" * 64, "c" * 64, small.meta.labels)
