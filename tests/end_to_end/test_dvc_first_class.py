"""DVC's own comparisons (`metrics diff`, `params diff`, `plots diff`, `exp show`) on the files that the steps write."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from history import commit, write
from ruamel.yaml import YAML

from repository import CHECKOUT, call, dvc, write_params

pytestmark = pytest.mark.slow

REPORTS = ("per_class.csv", "confusion.csv", "reliability.csv", "predictions.parquet", "data.json")
PLOTS = {"loss", "accuracy", "confusion", "reliability", "per class F1"}


def shipped_pipeline() -> str:
    """Return the shipped stages, params, outputs and plots, without dependencies: nothing is run here."""
    flow = YAML(typ="safe", pure=True).load((CHECKOUT / "dvc.yaml").read_text(encoding="utf-8"))
    for stage in flow["stages"].values():
        del stage["deps"]
    del flow["vars"]
    return json.dumps(flow)


def curve(name: str, *values: float) -> str:
    return "\n".join([f"step\t{name}", *(f"{step}\t{value}" for step, value in enumerate(values, start=1))]) + "\n"


def shipped_metrics() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((CHECKOUT / "reports" / "metrics.json").read_text(encoding="utf-8"))
    return content


def record(root: Path, accuracy: float, *losses: float) -> None:
    """Write what the steps would write, let DVC record it, and commit."""
    places = {name: f"reports/train/plots/metrics/{name}" for name in ("train", "val")}
    tables = {
        f"{folder}/{name}.tsv": curve(name, *losses) for folder in places.values() for name in ("loss", "accuracy")
    }
    metrics = {**shipped_metrics(), "accuracy": accuracy, "log_loss": losses[-1]}
    write(root, {**tables, "reports/metrics.json": json.dumps(metrics), "models/bundle/bundle.json": str(losses)})
    write(root, {"data/prepared/index.arrow": "x", "reports/figures/curves.png": "x", "models/onnx/model.onnx": "x"})
    dvc(root, "commit", "-q", "-f")
    commit(root)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits: another learning rate, background, accuracy and curve; one class more often confused."""
    root = tmp_path_factory.mktemp("repository")
    call(root, "git", "init", "-q", "-b", "main")
    dvc(root, "init", "-q")
    shutil.copytree(CHECKOUT / ".dvc" / "plots", root / ".dvc" / "plots", dirs_exist_ok=True)
    write(root, {f"reports/{name}": (CHECKOUT / "reports" / name).read_bytes() for name in REPORTS})
    write(root, {"dvc.yaml": shipped_pipeline()})
    ignored = "/data/prepared\n/models/bundle\n/reports/train\n/reports/figures\n"
    write(root, {".gitignore": ignored})
    write_params(root)
    record(root, 0.875, 1.5, 0.75)
    write_params(root, train__optimizer__lr=0.0625, prepare__background=[1, 2, 3])
    write(root, {"reports/confusion.csv": "actual,predicted,count\n3,8,41\n3,3,959\n"})
    record(root, 0.9375, 1.25, 0.625, 0.3125)
    return root


def now(points: list[dict[str, str]]) -> list[dict[str, str]]:
    return [point for point in points if point["rev"] == "workspace"]


def read_json(repository: Path, *arguments: str) -> Any:
    text = dvc(repository, *arguments, "--json")
    return json.loads(text[text.index("{") if "{" in text else 0 :])


def test_metrics_diff_tells_every_number_and_drops_none(repository: Path) -> None:
    metrics = read_json(repository, "metrics", "diff", "HEAD~1", "--all")["reports/metrics.json"]
    assert metrics["accuracy"] == {"old": 0.875, "new": 0.9375, "diff": 0.0625}
    assert metrics["log_loss"]["diff"] == pytest.approx(0.3125 - 0.75)
    assert set(metrics) == set(shipped_metrics())
    assert "accuracy_low" in metrics
    changed = dvc(repository, "metrics", "diff", "HEAD~1")
    assert "0.9375" in changed
    assert "brier" not in changed


def test_params_diff_tells_numbers_and_lists_by_their_dotted_keys(repository: Path) -> None:
    params = read_json(repository, "params", "diff", "HEAD~1")["params.yaml"]
    assert params["train.optimizer.lr"] == {"old": 0.003, "new": 0.0625, "diff": 0.0595}
    assert params["prepare.background"] == {"old": "[255, 255, 255]", "new": "[1, 2, 3]"}
    assert len(params) == 2


def test_plots_diff_draws_every_plot_with_both_sides(repository: Path, tmp_path: Path) -> None:
    said = dvc(repository, "plots", "diff", "HEAD~1", "-o", str(tmp_path / "plots"))
    assert "WARNING" not in said
    page = (tmp_path / "plots" / "index.html").read_text(encoding="utf-8")
    assert [title for title in PLOTS if title not in page] == []
    assert page.count("0.3125") >= 2, "the last point of both loss curves"
    assert "0.75" in page, "the last point of the base"


def test_the_pictures_hold_the_points_of_both_sides(repository: Path) -> None:
    plots = read_json(repository, "plots", "diff", "HEAD~1")["data"]
    assert set(plots) == PLOTS
    points = {title: entry["content"]["data"]["values"] for title, (entry,) in plots.items()}
    losses = {(point["filename"], point["rev"], float(point["loss"])) for point in points["loss"]}
    sides = (("HEAD~1", (1.5, 0.75)), ("workspace", (1.25, 0.625, 0.3125)))
    files = ("train/loss.tsv", "val/loss.tsv")
    assert losses == {(file, rev, loss) for file in files for rev, side in sides for loss in side}
    counts = {(point["actual"], point["predicted"]): point["count"] for point in now(points["confusion"])}
    assert counts == {("3", "8"): "41", ("3", "3"): "959"}
    assert len({point["label"] for point in now(points["per class F1"])}) == shipped_metrics()["num_classes"]


def test_exp_show_has_a_column_for_each_metric_and_param(repository: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(dvc(repository, "exp", "show", "--csv", "--num", "2"))))
    assert [float(row["accuracy"]) for row in rows] == [0.9375, 0.9375, 0.875]
    assert [row["prepare.background"] for row in rows] == ["[1, 2, 3]", "[1, 2, 3]", "[255, 255, 255]"]
    assert float(rows[0]["train.optimizer.lr"]) == 0.0625
    # `schema` is in both files: DVC puts the file's name in front.
    assert set(shipped_metrics()) - {"schema"} <= set(rows[0])
