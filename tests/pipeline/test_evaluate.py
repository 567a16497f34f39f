"""`winnow evaluate` on prepared pixels, with a model whose answers are known: it tells gray levels apart."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image
from ruamel.yaml import YAML

from winnow.commands.predict import predict
from winnow.data.labels import Labels, write_labels
from winnow.data.parts import ImageRecord, PartWriter, image_id, part_name
from winnow.data.pixels import pixels_name, variant, write_pixels
from winnow.data.prepared import read_meta, write_index
from winnow.errors import InputError
from winnow.evaluation.predictions import read_predictions
from winnow.files import read_json
from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta, installed_versions
from winnow.models.factory import build
from winnow.pipeline import evaluate
from winnow.project import Project
from winnow.tracking import Curves
from winnow.transforms.spec import PreprocessSpec

SHIPPED = Path(__file__).parents[2] / "params.yaml"
SPEC = PreprocessSpec(
    size=8, channels=1, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
)
LEVELS = {"dark": 60, "gray": 120, "light": 180}
SPLITS = ("test", "test", "val", "train")
CUSTOM = '''
import torch
from torch import nn

class Levels(nn.Module):
    """The nearer an image's mean is to a level, the higher that class's logit."""

    def __init__(self, num_classes):
        super().__init__()
        self.levels = nn.Parameter(torch.linspace(-0.5, 0.5, num_classes))

    def forward(self, images):
        return -20 * (images.mean(dim=(1, 2, 3)).unsqueeze(1) - self.levels) ** 2

def levels(*, num_classes, channels, size):
    return Levels(num_classes)

def sureness(probabilities, targets):
    return probabilities.max(axis=1).mean()
'''
PROMISED = ("predictions", "metrics", "per_class", "confusion", "reliability")


def draw_picture(label: str, rng: np.random.Generator) -> bytes:
    level = LEVELS[label] + rng.normal(0, 25)
    pixels = np.clip(level + rng.normal(0, 10, (8, 8)), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def write_params(project: Project, **changes: Any) -> None:
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(SHIPPED.read_text(encoding="utf-8"))
    content["evaluate"] |= {"batch_size": 16, "bootstrap_samples": 200, **changes}
    with project.params.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)


def write_data(project: Project, labels: list[str], further: dict[str, str]) -> dict[str, bytes]:
    """Prepare 40 images a class; return their files by id."""
    rng = np.random.default_rng(0)
    drawn = [(draw_picture(label, rng), label) for label in labels for _ in range(40)]
    images = {image_id(content): (content, label, number) for number, (content, label) in enumerate(drawn)}
    for folder in (project.images, project.prepared):
        folder.mkdir(parents=True)
    with PartWriter(folder=project.images, part_size_bytes=10**9) as writer:
        for image, (content, *_) in images.items():
            writer.add(ImageRecord(image, content, "PNG", "L", 8, 8))
    (part,) = writer.parts
    write_pixels(part, SPEC, project.prepared / pixels_name(part_name(part), variant(SPEC)))
    rows = [
        {"id": image, "label": label, "group": f"g{number % 15}", "split": SPLITS[number % 4]}
        | {"part": part_name(part), "row": number}
        for image, (_, label, number) in sorted(images.items())
    ]
    write_index(project.prepared, pa.Table.from_pylist(rows), spec=SPEC, mean=[0.5], std=[0.5])
    cells = [(row["id"], row["label"], "", row["group"], "", *further.values()) for row in rows]
    write_labels(project.labels, Labels.from_rows(cells, list(further)))
    return {image: content for image, (content, *_) in images.items()}


def write_bundle(project: Project) -> None:
    meta = read_meta(project.prepared)
    name, num_classes = "toy:levels", len(meta.labels)
    architecture = Architecture(name=name, num_classes=num_classes, channels=1, size=8, options={})
    about = {"params": {}, "code_hash": "", "data_hash": "", "versions": installed_versions()}
    bundle = BundleMeta(architecture=architecture, spec=SPEC, mean=meta.mean, std=meta.std, labels=meta.labels, **about)
    store.save(project.bundle, build(**architecture.model_dump(), custom=project.custom), bundle)


def lay_out(root: Path, *, labels: tuple[str, ...] = ("dark", "gray", "light"), **changes: Any) -> Project:
    """Return a project as it is before `evaluate`; further arguments are parameters."""
    torch.set_num_threads(1)
    project = Project(root)
    project.custom.mkdir(parents=True)
    (project.custom / "toy.py").write_text(CUSTOM, encoding="utf-8")
    write_params(project, **changes)
    write_data(project, list(labels), {"site": "north"})
    write_bundle(project)
    with Curves(project.curves) as curves:
        for epoch in (1, 2):
            curves.log(epoch, {"train/loss": 1 / epoch, "val/accuracy": 0.4 * epoch})
    return project


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project after `evaluate`, to read from."""
    project = lay_out(tmp_path_factory.mktemp("evaluated") / "project")
    evaluate.run(project)
    return project


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_promised_file_is_written(evaluated: Project) -> None:
    assert [name for name in PROMISED if not getattr(evaluated, name).is_file()] == []
    drawn = sorted(path.name for path in evaluated.figures.iterdir())
    assert drawn == ["confusion.png", "curves.png", "per_class.png", "reliability.png"]
    spent = read_json(evaluated.cost("evaluate"), hint="")
    assert spent["num_images"] == 90
    assert spent["device"] in {"cpu", "cuda", "mps"}


def test_metrics_are_those_of_the_predictions(evaluated: Project) -> None:
    predictions = read_predictions(evaluated.predictions)
    test = predictions.of_split("test")
    metrics = read_json(evaluated.metrics, hint="")
    assert (metrics["num_test"], metrics["num_val"], metrics["num_test_groups"]) == (len(test), 30, 15)
    assert metrics["accuracy"] == pytest.approx(test.decisions.accuracy, abs=1e-6)
    assert 0.6 < metrics["accuracy"] < 1
    assert metrics["accuracy_low"] < metrics["accuracy"] < metrics["accuracy_high"]
    assert sum(int(row["count"]) for row in rows_of(evaluated.confusion)) == len(test)
    assert [row["label"] for row in rows_of(evaluated.per_class)] == ["dark", "gray", "light"]
    assert sum(int(row["count"]) for row in rows_of(evaluated.reliability)) == len(test)


def test_predictions_carry_groups_and_further_columns(evaluated: Project) -> None:
    predictions = read_predictions(evaluated.predictions)
    assert set(predictions.column("split")) == {"val", "test"}
    assert set(predictions.column("site")) == {"north"}
    groups = dict(zip(predictions.column("id"), predictions.column("group"), strict=True))
    expected = {row["id"]: row["group"] for row in rows_of(evaluated.labels)}
    assert groups == {image: expected[image] for image in groups}


def test_two_runs_give_the_same_bytes(evaluated: Project, tmp_path: Path) -> None:
    two = lay_out(tmp_path / "two")
    evaluate.run(two)
    written = [getattr(evaluated, name) for name in PROMISED] + sorted(evaluated.figures.iterdir())
    for path in written:
        assert path.read_bytes() == (two.root / path.relative_to(evaluated.root)).read_bytes(), path.name


def test_predict_gives_the_probabilities_that_evaluate_wrote(evaluated: Project, tmp_path: Path) -> None:
    predictions = read_predictions(evaluated.predictions)
    contents = {
        image: content
        for batch in pa.ipc.open_file(next(evaluated.images.iterdir())).read_all().to_batches()
        for image, content in zip(batch["id"].to_pylist(), batch["bytes"].to_pylist(), strict=True)
    }
    files = []
    for image in predictions.column("id")[:20]:
        files.append(tmp_path / f"{image}.png")
        files[-1].write_bytes(contents[image])
    result = predict(evaluated, files, top=3)
    for row, prediction in enumerate(result.predictions):
        expected = dict(zip(predictions.classes, predictions.probabilities[row].tolist(), strict=True))
        assert dict(prediction.top) == pytest.approx(expected, abs=1e-6)


def test_two_classes_and_a_metric_of_the_users_own(tmp_path: Path) -> None:
    metric = {"name": "toy:sureness", "options": {}}
    project = lay_out(tmp_path / "project", labels=("dark", "light"), positive_label="dark", metrics=[metric])
    evaluate.run(project)
    metrics = read_json(project.metrics, hint="")
    assert metrics["positive_label"] == "dark"
    for name in ("sensitivity", "specificity", "sureness"):
        assert metrics[f"{name}_low"] <= metrics[name] <= metrics[f"{name}_high"]
    assert all(isinstance(value, int | float | str) for value in json.loads(project.metrics.read_text()).values())


def test_a_stale_bundle_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    project, other = lay_out(tmp_path / "project"), lay_out(tmp_path / "other", labels=("dark", "light"))
    project.bundle.rename(project.root / "old")
    other.bundle.rename(project.bundle)
    with pytest.raises(InputError, match="trained with other classes"):
        evaluate.run(project)
    assert not project.predictions.exists()
    assert not project.cost("evaluate").exists()
