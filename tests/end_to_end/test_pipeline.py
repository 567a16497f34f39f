"""The main job on a real repository: folders in, `dvc repro`, a judged model out."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from repository import call, dvc, lay_out_project, save_class_folders, tiny_picture, winnow

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(make_repository: Callable[[], Path]) -> Path:
    root = lay_out_project(make_repository())
    winnow(root, "add", str(save_class_folders(root / "raw", per_class=40)))
    shutil.rmtree(root / "raw")
    dvc(root, "repro")
    call(root, "git", "add", "--all")
    call(root, "git", "commit", "-q", "-m", "first model")
    return root


def test_the_pipeline_learns_and_writes_every_promised_file(built: Path) -> None:
    metrics = json.loads((built / "reports/metrics.json").read_text(encoding="utf-8"))
    assert metrics["accuracy_low"] < metrics["accuracy"] <= metrics["accuracy_high"]
    assert metrics["accuracy"] > 0.5
    for written in ("data/labels.csv", "reports/data.json", "reports/predictions.parquet", "reports/per_class.csv"):
        assert (built / written).is_file()
    assert {path.name for path in (built / "models/bundle").iterdir()} == {"bundle.json", "model.safetensors"}
    assert list((built / "reports/figures").glob("*.png"))
    assert {"model.onnx", "parity.json"} <= {path.name for path in (built / "models/onnx").iterdir()}
    cost = json.loads((built / "reports/cost/export.json").read_text(encoding="utf-8"))
    assert 0 < cost["latency_p50_ms"] <= cost["latency_p95_ms"]


def test_a_second_repro_has_nothing_to_do(built: Path) -> None:
    assert "up to date" in dvc(built, "repro")
    assert call(built, "git", "status", "--porcelain") == ""


def test_a_clean_clone_reproduces_every_hash(built: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    call(tmp_path, "git", "clone", "-q", str(built), str(clone))
    # The images travel by remote; everything else is made anew.
    dvc(clone, "cache", "dir", "--local", str(tmp_path / "cache"))
    dvc(built, "remote", "add", "--local", "-f", "-d", "store", str(tmp_path / "store"))
    dvc(built, "push", "-q", "data/images.dvc")
    dvc(clone, "remote", "add", "--local", "-d", "store", str(tmp_path / "store"))
    dvc(clone, "pull", "-q", "data/images.dvc")
    dvc(clone, "repro", "--force")
    assert (clone / "dvc.lock").read_text(encoding="utf-8") == (built / "dvc.lock").read_text(encoding="utf-8")


def test_adding_images_prepares_and_retrains_but_keeps_every_sample_in_its_split(built: Path, tmp_path: Path) -> None:
    import pyarrow as pa

    def splits(folder: Path) -> dict[str, str]:
        index = pa.ipc.open_file(folder / "data/prepared/index.arrow").read_all()
        return dict(zip(index["id"].to_pylist(), index["split"].to_pylist(), strict=True))

    copy = tmp_path / "copy"
    shutil.copytree(built, copy, symlinks=True)
    before = splits(copy)
    winnow(copy, "add", str(save_class_folders(tmp_path / "more", per_class=3, seed=9)))
    winnow(copy, "prepare")
    cost = json.loads((copy / "reports/cost/prepare.json").read_text(encoding="utf-8"))
    assert cost["num_decoded"] == 9
    after = splits(copy)
    assert len(after) == len(before) + 9
    assert {name: after[name] for name in before} == before


def test_predict_and_show_answer_from_the_bundle(built: Path, tmp_path: Path) -> None:
    picture = tmp_path / "new one.png"
    Image.fromarray(tiny_picture(np.random.default_rng(5), "blobs", 40)).save(picture)
    answer = json.loads(winnow(built, "predict", "--json", str(picture)))
    assert len(answer) == 1
    assert 0.0 <= answer[0]["top"][0]["probability"] <= 1.0
    assert "accuracy" in winnow(built, "show")


def test_dvc_draws_the_plots_and_shows_the_metrics(built: Path, tmp_path: Path) -> None:
    assert "accuracy" in dvc(built, "metrics", "show")
    dvc(built, "plots", "show", "--out", str(tmp_path / "plots"))
    page = (tmp_path / "plots" / "index.html").read_text(encoding="utf-8")
    assert page.count("vega") >= 3
