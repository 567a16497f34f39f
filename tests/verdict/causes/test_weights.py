import json
from pathlib import Path

import pytest
from history import begin, cache, md5, write

from winnow.project import Project
from winnow.verdict.causes.weights import cached_file, count_parameters


def safetensors(header: object) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text


def test_shapes_are_multiplied_and_buffers_left_out(tmp_path: Path) -> None:
    shapes = {
        "conv.weight": [16, 3, 3, 3],
        "scale": [],
        "norm.running_mean": [16],
        "norm.running_var": [16],
        "norm.num_batches_tracked": [],
    }
    header = {"__metadata__": {"format": "pt"}, **{name: {"shape": shape} for name, shape in shapes.items()}}
    (tmp_path / "x").write_bytes(safetensors(header))
    assert count_parameters(tmp_path / "x") == 16 * 3 * 3 * 3 + 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 8, b"\xff" * 80, safetensors([1]), safetensors({"a": {}}), safetensors({"a": {"shape": ["x"]}})],
)
def test_what_is_no_weight_file_has_no_count(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    assert count_parameters(tmp_path / "x") is None
    assert count_parameters(tmp_path / "absent") is None


def test_the_cache_is_found_from_a_subfolder(tmp_path: Path) -> None:
    root = begin(tmp_path)
    cache(root, "model")
    write(root, {"sub/params.yaml": ""})
    found = cached_file(Project(root / "sub"), md5("model"))
    assert found is not None
    assert found.read_text(encoding="utf-8") == "model"
    assert cached_file(Project(root / "sub"), md5("other")) is None
