"""`winnow export` on prepared pixels, with a model whose answers are known: it tells gray levels apart."""

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image
from ruamel.yaml import YAML

from winnow.data.parts import ImageRecord, PartWriter, image_id, part_name
from winnow.data.pixels import pixels_name, variant, write_pixels
from winnow.data.prepared import PreparedSplit, open_split, write_index
from winnow.errors import CheckError, ExitCode, InputError
from winnow.examples import EXAMPLES, read_examples
from winnow.export import latency
from winnow.export.onnx import write_onnx
from winnow.files import read_json
from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta
from winnow.models.factory import build
from winnow.pipeline import export
from winnow.project import Project
from winnow.runtime import INT8_MODEL, MODEL, Runtime, ServedModel
from winnow.transforms.spec import PreprocessSpec

pytestmark = pytest.mark.slow

SHIPPED = Path(__file__).parents[2] / "params.yaml"
SPEC = PreprocessSpec(
    size=8, channels=1, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
)
LABELS = ["dark", "gray", "light"]
CUSTOM = """
import torch
from torch import nn

class Levels(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(1, 3)
        with torch.no_grad():
            self.head.weight[:] = torch.tensor([[-30.0], [0.0], [30.0]])
            self.head.bias[:] = torch.tensor([-1.0, 3.0, -1.0])

    def forward(self, images):
        return self.head(images.mean(dim=(2, 3)))

def levels(*, num_classes, channels, size):
    return Levels()
"""
COST = {"latency_p50_ms": 1.0, "latency_p95_ms": 2.0, "runtimes": {}}


def draw_picture(number: int) -> bytes:
    """Return a PNG of one gray level, another one for each number."""
    pixels = np.full((8, 8), (60, 120, 180)[number % 3] - 20 + number // 3, dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def write_prepared(project: Project) -> None:
    """Prepare 90 test and 30 training images."""
    images = [draw_picture(number) for number in range(120)]
    for folder in (project.images, project.prepared):
        folder.mkdir(parents=True)
    with PartWriter(folder=project.images, part_size_bytes=10**9) as writer:
        for content in images:
            writer.add(ImageRecord(image_id(content), content, "PNG", "L", 8, 8))
    (part,) = writer.parts
    write_pixels(part, SPEC, project.prepared / pixels_name(part_name(part), variant(SPEC)))
    rows = [
        {"id": image_id(content), "label": LABELS[row % 3], "group": "", "part": part_name(part), "row": row}
        | {"split": "train" if row % 4 == 0 else "test"}
        for row, content in enumerate(images)
    ]
    index = pa.Table.from_pylist(sorted(rows, key=lambda row: row["id"]))
    write_index(project.prepared, index, spec=SPEC, mean=[0.47], std=[1.0])


def write_params(project: Project, disclose: str = "ids", **changes: Any) -> None:
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(SHIPPED.read_text(encoding="utf-8"))
    content["project"]["disclose"] = disclose
    content["export"] |= {"max_loss": 0.1, "batch_sizes": [2], "threads": 1, **changes}
    with project.params.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)


def write_bundle(project: Project, labels: list[str]) -> None:
    architecture = Architecture(name="toy:levels", num_classes=3, channels=1, size=8, options={})
    meta = BundleMeta(
        architecture=architecture,
        spec=SPEC,
        mean=[0.47],
        std=[1.0],
        labels=labels,
        params={},
        code_hash="",
        data_hash="",
        versions={},
    )
    store.save(project.bundle, build(**architecture.model_dump(), custom=project.custom), meta)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project as it is before `export`."""
    torch.set_num_threads(1)
    project = Project(tmp_path / "project")
    project.custom.mkdir(parents=True)
    (project.custom / "toy.py").write_text(CUSTOM, encoding="utf-8")
    write_params(project)
    write_prepared(project)
    write_bundle(project, LABELS)
    return project


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "measure_all", lambda *_: COST)


def parity(project: Project) -> dict[str, Any]:
    return read_json(project.onnx / "parity.json", hint="")


def test_models_comparison_and_cost_are_written(project: Project) -> None:
    export.run(project)
    assert sorted(path.name for path in project.onnx.iterdir()) == [INT8_MODEL, MODEL, "parity.json"]
    found = parity(project)
    assert (found["served"], found["int8_left_out"]) == (INT8_MODEL, None)
    for name in ("fp32", "int8"):
        assert found[name]["accuracy"] == found[name]["bundle_accuracy"] == 1
        assert found[name]["accuracy_change_low"] < 0 < found[name]["accuracy_change_high"]
    assert found["fp32"]["max_difference"] < found["int8"]["max_difference"]
    cost = read_json(project.cost("export"), hint="")
    assert cost["latency_p50_ms"] == cost["runtimes"]["int8"]["batch_1"]["p50_ms"]
    assert set(cost["runtimes"]) == {"eager", "fp32", "int8"}
    test = open_split(project.prepared, "test")
    probabilities = Runtime.load(project.onnx / MODEL).probabilities(test.gather(np.arange(len(test))))
    assert probabilities.argmax(axis=1).tolist() == test.targets.tolist()


@pytest.mark.usefixtures("untimed")
def test_two_runs_give_the_same_bytes(project: Project) -> None:
    written = []
    for _ in range(2):
        export.run(project)
        written.append({path.name: path.read_bytes() for path in project.onnx.iterdir()})
    assert written[0] == written[1]


@pytest.mark.usefixtures("untimed")
def test_where_pictures_are_disclosed_training_images_of_each_class_lie_beside_the_model_and_only_there(
    project: Project,
) -> None:
    write_params(project, disclose="pictures", int8=False)
    export.run(project)
    written = (project.onnx / EXAMPLES).read_bytes()
    train: PreparedSplit = open_split(project.prepared, "train")
    for target, pictures in enumerate(read_examples(project.onnx / EXAMPLES, len(LABELS))):
        rows = np.flatnonzero(train.targets == target)[:3]
        shown = [np.asarray(Image.open(io.BytesIO(picture)).convert("L")) for picture in pictures]
        np.testing.assert_array_equal(shown, train.gather(rows)[..., 0])
    export.run(project)
    assert (project.onnx / EXAMPLES).read_bytes() == written
    write_params(project, int8=False)
    export.run(project)
    assert sorted(path.name for path in project.onnx.iterdir()) == [MODEL, "parity.json"]


@pytest.mark.usefixtures("untimed")
def test_int8_is_left_out_with_a_warning_where_too_little_shows_that_it_loses_nothing(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    write_params(project, max_loss=0.001)
    with caplog.at_level(logging.WARNING, logger="winnow"):
        export.run(project)
    assert sorted(path.name for path in project.onnx.iterdir()) == [MODEL, "parity.json"]
    found = parity(project)
    assert found["served"] == MODEL
    assert "at worst" in found["int8_left_out"]
    assert found["int8"]["accuracy_change"] == 0
    assert found["int8_left_out"] in caplog.text


@pytest.mark.usefixtures("untimed")
def test_without_int8_there_is_one_model(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    write_params(project, int8=False)
    with caplog.at_level(logging.WARNING, logger="winnow"):
        export.run(project)
    assert sorted(path.name for path in project.onnx.iterdir()) == [MODEL, "parity.json"]
    assert "int8" not in parity(project)
    assert caplog.text == ""


@pytest.mark.usefixtures("untimed")
def test_a_model_that_cannot_be_quantized_is_exported_all_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise InputError("no such operation")

    monkeypatch.setattr(export, "quantize", refuse)
    export.run(project)
    assert (parity(project)["served"], parity(project)["int8_left_out"]) == (MODEL, "no such operation")


@pytest.mark.usefixtures("untimed")
def test_a_file_that_answers_otherwise_fails_and_says_by_how_much(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_another(path: Path, served: Any, about: ServedModel) -> None:
        with torch.no_grad():
            served.model.head.bias[0] += 0.5
            write_onnx(path, served, about)
            served.model.head.bias[0] -= 0.5

    monkeypatch.setattr(export, "write_onnx", write_another)
    with pytest.raises(CheckError, match=r"export\.tolerance") as caught:
        export.run(project)
    assert caught.value.exit_code == ExitCode.FAILED
    assert parity(project)["fp32"]["max_difference"] == pytest.approx(0.5, rel=1e-3)
    assert not project.cost("export").exists()


@pytest.mark.usefixtures("untimed")
def test_ranges_come_from_training_images_alone(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []
    monkeypatch.setattr(export, "quantize", lambda _source, _target, batches, _about: seen.extend(batches))
    write_params(project, calibration_images=1000)
    export.run(project)
    train: PreparedSplit = open_split(project.prepared, "train")
    np.testing.assert_array_equal(np.concatenate(seen), train.gather(np.arange(len(train))))


def test_a_stale_bundle_is_refused_and_nothing_is_written(project: Project) -> None:
    write_bundle(project, ["black", "gray", "white"])
    with pytest.raises(InputError, match="trained for other classes"):
        export.run(project)
    assert not project.onnx.exists()
