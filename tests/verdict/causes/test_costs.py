import json
from pathlib import Path
from typing import Any

import pytest
from history import Text, begin, cache_folder, commit, lock_text, write

from winnow.project import Project
from winnow.records import NotAvailable
from winnow.verdict.causes.costs import find_cost
from winnow.verdict.record.context import Cost, StepCost


def weights(num: int) -> bytes:
    header = json.dumps({"w": {"shape": [num]}}).encode()
    return len(header).to_bytes(8, "little") + header


def bundle(num: int) -> dict[str, Text]:
    return {"model.safetensors": weights(num), "bundle.json": "{}"}


def measured(step: str, **entries: Any) -> dict[str, Text]:
    return {f"reports/cost/{step}.json": json.dumps({"step": step, **entries})}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = begin(tmp_path / "repository")
    write(root, {".gitignore": "/models/\n/.dvc/cache/\n", ".dvc/config": ""})
    entry = cache_folder(root, bundle(100))
    lock = lock_text({"train": {"outs": {"models/bundle": entry}}})
    spent = measured("train", wall_s=10.0, peak_rss_bytes=1000, device="cpu")
    commit(root, {**spent, **measured("add", wall_s=3), "dvc.lock": lock})
    return Project(root)


def amounts(cost: Cost | NotAvailable) -> dict[str, tuple[float | None, float | None]]:
    assert isinstance(cost, Cost)
    return {amount.name: (amount.base, amount.head) for amount in cost.amounts}


def test_time_memory_and_device_of_every_step_on_both_sides(project: Project) -> None:
    base = commit(project.root)
    write(project.root, measured("train", wall_s=20, peak_rss_bytes=None, device="cuda"))
    write(project.root, measured("evaluate", wall_s=1.5))
    cost = find_cost(project, base)
    assert isinstance(cost, Cost)
    assert cost.steps == [
        StepCost(
            step="train",
            base_s=10,
            head_s=20,
            base_peak_bytes=1000,
            head_peak_bytes=None,
            base_device="cpu",
            head_device="cuda",
        ),
        StepCost(
            step="evaluate",
            base_s=None,
            head_s=1.5,
            base_peak_bytes=None,
            head_peak_bytes=None,
            base_device=None,
            head_device=None,
        ),
    ]


def test_size_and_parameters_of_both_models(project: Project) -> None:
    base = commit(project.root)
    write(project.root / "models" / "bundle", bundle(70))
    entry = cache_folder(project.root, bundle(70))
    write(project.root, {"dvc.lock": lock_text({"train": {"outs": {"models/bundle": entry}}})})
    sizes = tuple(float(len(weights(num)) + len("{}")) for num in (100, 70))
    assert amounts(find_cost(project, base)) == {"model_bytes": sizes, "num_parameters": (100, 70)}


def test_without_the_models_their_recorded_size_remains(project: Project, tmp_path: Path) -> None:
    base = commit(project.root)
    (project.root / ".dvc" / "cache").rename(tmp_path / "elsewhere")
    size = len(weights(100)) + 2
    assert amounts(find_cost(project, base)) == {"model_bytes": (size, size)}


def test_a_base_without_a_lock_is_compared_with_the_disk(tmp_path: Path) -> None:
    root = begin(tmp_path / "repository")
    base = commit(root, {"readme.md": "x"})
    write(root / "models" / "bundle", bundle(5))
    found = amounts(find_cost(Project(root), base))
    assert found == {"model_bytes": (None, len(weights(5)) + 2), "num_parameters": (None, 5)}


def test_latency_is_read_beside_the_costs_or_beside_the_exported_model(project: Project) -> None:
    write(project.root, {"models/onnx/latency.json": '{"p50_ms": 4, "p95_ms": 6}'})
    lock = lock_text(
        {"export": {"outs": {"models/onnx": cache_folder(project.root, {"latency.json": '{"p50_ms": 2}'})}}}
    )
    base = commit(project.root, {"dvc.lock": lock})
    found = amounts(find_cost(project, base))
    assert (found["latency_p50_ms"], found["latency_p95_ms"]) == ((2, 4), (None, 6))
    write(project.root, measured("export", wall_s=1, latency_p50_ms=9.5))
    found = amounts(find_cost(project, base))
    assert found["latency_p50_ms"] == (2, 9.5)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"wall_s": "x", "device": 3}', '{"wall_s": 1e999}', '{"wall_s": NaN}']
)
def test_a_cost_that_cannot_be_read_stops_nothing(project: Project, text: str) -> None:
    base = commit(project.root)
    write(project.root, {"reports/cost/train.json": text, "dvc.lock": "<<<"})
    cost = find_cost(project, base)
    assert isinstance(cost, Cost)
    assert [(step.base_s, step.head_s, step.head_device) for step in cost.steps] == [(10, None, None)]
    assert Cost.model_validate_json(cost.model_dump_json()) == cost


def test_a_foreign_repository_has_no_cost(tmp_path: Path) -> None:
    root = begin(tmp_path / "repository")
    base = commit(root, {"readme.md": "x"})
    assert isinstance(find_cost(Project(root), base), NotAvailable)
