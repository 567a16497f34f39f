"""`winnow train` on prepared pixels of generated pictures."""

import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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
from winnow.data.prepared import write_index
from winnow.errors import ConfigError, DivergenceError, InputError
from winnow.models import store
from winnow.pipeline import train
from winnow.project import Project
from winnow.transforms.spec import PreprocessSpec

SHIPPED = Path(__file__).parents[2] / "params.yaml"
SPEC = PreprocessSpec(
    size=16, channels=3, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
)
CLASSES = ("left", "right", "top")
SPLITS = ("train", "train", "train", "val", "test")


def draw_picture(kind: str, rng: np.random.Generator) -> bytes:
    """Return a PNG: noise, with one bright half that is the class."""
    pixels = rng.integers(0, 90, (16, 16, 3), dtype=np.uint8)
    half = {"left": np.s_[:, :8], "right": np.s_[:, 8:], "top": np.s_[:8]}[kind]
    pixels[half] += 120
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def write_prepared(project: Project, *, per_class: int, splits: tuple[str, ...] = SPLITS) -> None:
    rng = np.random.default_rng(0)
    images = [(draw_picture(kind, rng), kind) for kind in CLASSES for _ in range(per_class)]
    for folder in (project.images, project.prepared):
        folder.mkdir(parents=True)
    with PartWriter(folder=project.images, part_size_bytes=10**9) as writer:
        for content, _ in images:
            writer.add(ImageRecord(image_id(content), content, "PNG", "RGB", 16, 16))
    (part,) = writer.parts
    write_pixels(part, SPEC, project.prepared / pixels_name(part_name(part), variant(SPEC)))
    rows = [
        {
            "id": image_id(content),
            "label": kind,
            "group": "",
            "split": splits[row % len(splits)],
            "part": part_name(part),
            "row": row,
        }
        for row, (content, kind) in enumerate(images)
    ]
    index = pa.Table.from_pylist(sorted(rows, key=lambda row: row["id"]))
    write_index(project.prepared, index, spec=SPEC, mean=[0.3] * 3, std=[0.25] * 3)


def write_params(project: Project, **changes: Any) -> None:
    """Write the shipped parameters, made small; `changes` maps dotted keys (with `__`) to values."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(SHIPPED.read_text(encoding="utf-8"))
    small = {"train__epochs": 3, "train__batch_size": 16, "train__device": "cpu", "model__options": {}}
    for dotted, value in {**small, **changes}.items():
        *sections, key = dotted.split("__")
        place = content
        for section in sections:
            place = place[section]
        assert key in place, f"no parameter {dotted}"
        place[key] = value
    with project.params.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)


def outputs(project: Project) -> dict[str, bytes]:
    folders = (project.bundle, project.curves)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(project.root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("prepared")
    write_prepared(Project(root), per_class=40)
    return root


@pytest.fixture
def make_project(prepared: Path, tmp_path: Path) -> Callable[..., Project]:
    """Return a function that makes a project with prepared data; further arguments are parameters."""

    def make(name: str = "project", **changes: Any) -> Project:
        shutil.copytree(prepared, tmp_path / name)
        project = Project(tmp_path / name)
        write_params(project, **changes)
        return project

    return make


def test_a_bundle_comes_out_that_loads_and_has_learned(make_project: Callable[..., Project]) -> None:
    project = make_project(train__epochs=6)
    meta = train.run(project)
    loaded, model = store.load(project.bundle, project.custom)
    assert loaded == meta
    assert loaded.labels == sorted(CLASSES)
    assert loaded.params["train"]["epochs"] == 6
    assert not model.training
    metrics = json.loads((project.curves / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["val"]["accuracy"] > 0.8


def test_the_cost_is_told_and_the_checkpoint_is_gone(make_project: Callable[..., Project]) -> None:
    project = make_project()
    train.run(project)
    cost = json.loads(project.cost("train").read_text(encoding="utf-8"))
    assert (cost["device"], cost["num_epochs"]) == ("cpu", 3)
    assert cost["precision"] in ("float32", "bfloat16")
    assert cost["images_per_s"] > 0
    assert list(project.checkpoints.iterdir()) == []


def test_two_runs_in_two_places_write_the_same_bytes(make_project: Callable[..., Project]) -> None:
    projects = [make_project("here"), make_project("there")]
    for project in projects:
        train.run(project)
    assert outputs(projects[0]) == outputs(projects[1])
    assert str(projects[0].root).encode() not in b"".join(outputs(projects[0]).values())


def test_other_parameters_start_anew_and_leave_the_interrupted_run_alone(
    make_project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project()
    with monkeypatch.context() as patch:
        patch.setattr(store, "save", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train.run(project)
    (interrupted,) = project.checkpoints.iterdir()
    write_params(project, train__seed=1)
    train.run(project)
    assert list(project.checkpoints.iterdir()) == [interrupted]


def test_a_network_from_custom_is_trained(make_project: Callable[..., Project]) -> None:
    project = make_project(model__name="nets:linear", model__options={"bias": False})
    project.custom.mkdir()
    (project.custom / "nets.py").write_text(
        "from torch import nn\n\n\n"
        "def linear(num_classes, channels, size, bias):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, num_classes, bias=bias))\n",
        encoding="utf-8",
    )
    train.run(project)
    meta, model = store.load(project.bundle, project.custom)
    assert meta.architecture.name == "nets:linear"
    assert list(model.state_dict()) == ["1.weight"]


def test_an_edit_in_custom_changes_the_code_hash(make_project: Callable[..., Project]) -> None:
    hashes = set()
    for name, line in (("one", "A = 1\n"), ("two", "A = 2\n")):
        project = make_project(name, train__epochs=1)
        project.custom.mkdir()
        (project.custom / "own.py").write_text(line, encoding="utf-8")
        hashes.add(train.run(project).code_hash)
    assert len(hashes) == 2


def test_a_run_that_diverges_leaves_the_last_bundle_alone(make_project: Callable[..., Project]) -> None:
    project = make_project()
    train.run(project)
    before = outputs(project)
    write_params(project, train__optimizer__lr=1e30, train__optimizer__clip_norm=None)
    with pytest.raises(DivergenceError, match=r"expected finite numbers, got (nan|inf)"):
        train.run(project)
    bundle = {name: content for name, content in outputs(project).items() if name.startswith("models/")}
    assert bundle == {name: content for name, content in before.items() if name.startswith("models/")}


def test_without_prepared_data_it_says_which_step_is_missing(tmp_path: Path) -> None:
    project = Project(tmp_path)
    write_params(project)
    with pytest.raises(InputError) as caught:
        train.run(project)
    assert "prepare" in caught.value.hint


def test_without_validation_images_only_the_last_epoch_can_be_kept(tmp_path: Path) -> None:
    project = Project(tmp_path)
    write_prepared(project, per_class=8, splits=("train",))
    write_params(project, train__select="val_loss", train__epochs=1)
    with pytest.raises(ConfigError, match="needs validation images"):
        train.run(project)
    write_params(project, train__select="last", train__epochs=1)
    train.run(project)
    assert (project.bundle / "bundle.json").is_file()


@pytest.mark.slow
def test_kill_9_at_random_moments_and_running_again_give_the_bytes_of_an_undisturbed_run(
    make_project: Callable[..., Project],
) -> None:
    undisturbed = make_project("undisturbed", train__epochs=5, train__checkpoint_every_s=0.0)
    train.run(undisturbed)
    killed = make_project("killed", train__epochs=5, train__checkpoint_every_s=0.0)
    rng = random.Random(0)
    # Each process imports torch for seconds; tests/training/test_loop.py tries many more moments in this one.
    num_killed = sum(train_and_kill(killed, num_checkpoints=rng.randint(1, 12)) for _ in range(2))
    assert num_killed > 0
    assert start_training(killed).wait() == 0
    assert outputs(killed) == outputs(undisturbed)
    assert list(killed.checkpoints.iterdir()) == []


def start_training(project: Project) -> subprocess.Popen[bytes]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CI": "true"}
    command = [sys.executable, "-m", "winnow", "train"]
    return subprocess.Popen(command, cwd=project.root, env=environment, stderr=subprocess.DEVNULL)


def train_and_kill(project: Project, *, num_checkpoints: int) -> bool:
    """Kill a training process once it has replaced its checkpoint so many times; return whether it came to that."""
    process = start_training(project)
    seen: set[int] = set()
    while process.poll() is None and len(seen) <= num_checkpoints:
        seen |= {path.stat().st_mtime_ns for path in project.checkpoints.glob("*/*.safetensors")}
        time.sleep(0.005)
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGKILL)
    process.wait()
    return True
