import json
from pathlib import Path
from typing import Any

import pytest
from history import begin, commit

from winnow.errors import MachineError
from winnow.export import latency
from winnow.export.latency import Trial, advice, measure, measure_all, summarise
from winnow.files import write_json
from winnow.project import Project
from winnow.verdict.causes.costs import find_cost
from winnow.verdict.record.context import Cost

SEEN = {
    "cold_start_s": 0.51234,
    "peak_rss_bytes": 1000,
    "peak_rss_best_bytes": 3000,
    "times_s": {"1": [0.002] * 99 + [0.1], "8": [0.008] * 10, "32": [0.064] * 10},
}
QUICK = Trial([2], threads=1, max_runs=5, max_s=0.1)


def test_percentiles_are_of_single_images_and_the_best_batch_has_the_highest_rate() -> None:
    summary = summarise(SEEN)
    one, best = summary["batch_1"], summary["best_batch"]
    assert (one["batch_size"], one["p50_ms"], one["p95_ms"], one["num_runs"]) == (1, 2.0, 2.0, 100)
    assert one["p99_ms"] > one["p95_ms"]
    assert (best["batch_size"], best["images_per_s"]) == (8, 1000.0)
    assert (summary["cold_start_s"], summary["peak_rss_bytes"], summary["peak_rss_best_bytes"]) == (0.512, 1000, 3000)


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        (
            {"eager": 1, "fp32": 500, "int8": 400},
            "int8 is no faster than floats on this processor (400 and 500 ",
        ),
        ({"eager": 1, "fp32": 500, "int8": 900}, ""),
        ({"eager": 900, "fp32": 500}, ""),
    ],
)
def test_int8_that_gains_nothing_is_told(rates: dict[str, float], said: str) -> None:
    told = advice({name: {"best_batch": {"images_per_s": rate}} for name, rate in rates.items()})
    assert told.startswith(said)
    assert bool(told) is bool(said)


def test_the_verdict_and_its_budgets_find_the_latency_of_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    p50 = {"eager": 9.0, "int8": 3.0}
    timed = {name: {"batch_1": {"p50_ms": value, "p95_ms": 2 * value, "p99_ms": 50.0}} for name, value in p50.items()}
    monkeypatch.setattr(latency, "measure", lambda path, *_: timed[path.name])
    spent = measure_all({name: Path(name) for name in timed}, tmp_path, QUICK)
    root = begin(tmp_path / "repository")
    base = commit(root, {"readme.md": "x"})
    write_json(Project(root).cost("export"), {"wall_s": 1, **spent})
    cost = find_cost(Project(root), base)
    assert isinstance(cost, Cost)
    amounts = {amount.name: amount.head for amount in cost.amounts}
    assert (amounts["latency_p50_ms"], amounts["latency_p95_ms"]) == (3.0, 6.0)


@pytest.mark.slow
def test_the_file_and_the_bundle_are_timed_each_in_a_process_of_its_own(small: Any) -> None:
    paths = {"eager": small.bundle, "fp32": small.file}
    cost = measure_all(paths, small.custom, QUICK)
    eager, file = cost["runtimes"]["eager"], cost["runtimes"]["fp32"]
    assert cost["latency_p95_ms"] == file["batch_1"]["p95_ms"] >= cost["latency_p50_ms"] > 0
    assert file["bytes"] == small.file.stat().st_size
    assert eager["bytes"] == sum(path.stat().st_size for path in small.bundle.iterdir())
    # A process that imports torch cannot be as small as one that does not.
    assert file["peak_rss_bytes"] < eager["peak_rss_bytes"]
    assert 0 < file["cold_start_s"] < eager["cold_start_s"]
    assert json.dumps(cost)


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"nonsense")
    with pytest.raises(MachineError, match=r"timing model\.onnx failed"):
        measure(tmp_path / "model.onnx", tmp_path, QUICK)
