"""The runtime on a file written by hand: it needs onnxruntime, not torch."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_onnx import about, save_means

from winnow.errors import DivergenceError, FormatError, InputError
from winnow.files import sha256_file
from winnow.runtime import Runtime, softmax

ABOUT = about(["red", "green", "blue"])
COLORS = np.eye(3) / 100


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a model whose logit of a class is its channel's mean."""

    def make(metadata: str | None = ABOUT.to_metadata(), *, size: int = 4, scale: float = 1.0) -> Path:
        return save_means(tmp_path / "model.onnx", (COLORS * scale).tolist(), metadata, size=size)

    return make


def picture(color: int) -> np.ndarray:
    pixels = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    pixels[..., color] = 255
    return pixels


def test_it_answers_with_logits_embeddings_and_probabilities(write: Callable[..., Path]) -> None:
    path = write()
    runtime = Runtime.load(path, num_threads=1)
    pixels = np.concatenate([picture(2), picture(0)])
    outputs = runtime.outputs(pixels)
    assert outputs.embedding.tolist() == [[0, 0, 255], [255, 0, 0]]
    assert outputs.logits.argmax(axis=1).tolist() == [2, 0]
    probabilities = runtime.probabilities(pixels)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert runtime.labels[probabilities[0].argmax()] == "blue"
    assert (runtime.meta, runtime.spec, runtime.identity) == (ABOUT, ABOUT.spec, sha256_file(path))


def test_softmax_is_that_of_large_logits_too() -> None:
    values = softmax(np.array([[1000.0, 1000.0, 0.0]], dtype=np.float32))
    assert values.tolist() == [[0.5, 0.5, 0.0]]


def test_an_output_that_is_not_finite_is_an_error(write: Callable[..., Path]) -> None:
    runtime = Runtime.load(write(scale=1e39))
    with pytest.raises(DivergenceError):
        runtime.outputs(picture(0))


def test_an_absent_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found nothing") as caught:
        Runtime.load(tmp_path / "model.onnx")
    assert "winnow export" in caught.value.hint


def test_a_damaged_file_is_refused(write: Callable[..., Path]) -> None:
    path = write()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="cannot be loaded"):
        Runtime.load(path)


@pytest.mark.parametrize(
    ("metadata", "size", "error", "said"),
    [
        (None, 4, InputError, "not written by winnow"),
        ("{", 4, InputError, "is broken"),
        ("[]", 4, InputError, "is broken"),
        (json.dumps({"schema": 1, "task": "single_label", "labels": ["a"]}), 4, InputError, "is broken"),
        (json.dumps({"schema": 2, "task": "single_label"}), 4, FormatError, "expected schema"),
        (ABOUT.to_metadata(), 5, InputError, "expected an input"),
    ],
)
def test_a_file_that_does_not_say_what_it_is_is_refused(
    write: Callable[..., Path], metadata: str | None, size: int, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Runtime.load(write(metadata, size=size))


@pytest.mark.slow
def test_a_process_without_torch_and_without_the_pipelines_packages_can_answer(write: Callable[..., Path]) -> None:
    missing = ["torch", "torchvision", "timm", "onnx", "onnxscript", "safetensors", "pyarrow", "scipy", "dvc"]
    program = f"""
import sys
for name in {missing}:
    sys.modules[name] = None
from pathlib import Path
import numpy as np
from winnow.runtime import Runtime
runtime = Runtime.load(Path(sys.argv[1]))
print(*runtime.probabilities(np.full((1, 4, 4, 3), 9, dtype=np.uint8))[0].round(3))
"""
    run = subprocess.run([sys.executable, "-c", program, write()], capture_output=True, text=True, check=False)
    assert run.stdout == "0.333 0.333 0.333\n", run.stderr


def test_without_onnxruntime_the_extra_is_named(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from winnow.errors import MachineError

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MachineError) as caught:
        Runtime.load(write())
    assert "serve" in caught.value.hint


def test_what_a_file_says_survives_the_way_through_its_metadata(write: Callable[..., Path]) -> None:
    other: Any = ABOUT.model_copy(update={"labels": ["Küche", "厨房", '"'], "precision": "int8"})
    assert Runtime.load(write(other.to_metadata())).meta == other


@pytest.mark.skipif(sys.platform == "win32", reason="there its notes lie elsewhere")
@pytest.mark.slow
def test_onnxruntime_reports_to_nobody(tmp_path: Path) -> None:
    """Where it may report, it keeps a number for the machine and what it is about to send below the home."""
    path = save_means(tmp_path / "model.onnx", [[1, 0, 0], [0, 1, 0]], about(["red", "green"]).to_metadata())
    home = tmp_path / "home"
    home.mkdir()
    # It keeps quiet by itself where it takes a run for a test's.
    loud = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "PYTEST_CURRENT_TEST")
    variables = {name: value for name, value in os.environ.items() if name not in loud}
    program = f"import pathlib, winnow.runtime as r; r.Runtime.load(pathlib.Path({str(path)!r})); print('loaded')"
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, env={**variables, "HOME": str(home)}, capture_output=True, text=True, check=True)
    assert run.stdout == "loaded\n"
    assert list(home.rglob("*")) == []
