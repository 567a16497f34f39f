import json
from pathlib import Path

import pytest

from winnow.errors import InputError
from winnow.project import Project
from winnow.verdict.sides.fallback import read_metrics

PIPELINE = """
metrics: [scores.yaml]
stages:
  a: {cmd: x, metrics: [{a.json: {cache: false}}]}
  b: {foreach: [1], do: {cmd: x, wdir: deep, metrics: [b.toml]}}
  odd: 3
"""


def metrics_of(files: dict[str, str]) -> dict[str, float]:
    root = Path("repository")
    contents = {root / name: text.encode() for name, text in files.items()}
    return read_metrics(Project(root), contents.get)


def test_the_projects_own_metrics_are_taken_without_their_stamp() -> None:
    own = {"schema": 1, "task": "single_label", "accuracy": 0.5, "num_test": 3, "positive_label": "x", "on": True}
    files = {"reports/metrics.json": json.dumps(own), "dvc.yaml": "metrics: [m.json]", "m.json": '{"other": 1}'}
    assert metrics_of(files) == {"accuracy": 0.5, "num_test": 3.0}


def test_elsewhere_the_files_that_the_pipeline_declares_are_read() -> None:
    scores = {"scores.yaml": "acc: 0.9\nschema: 2\n", "a.json": '{"acc": 1, "test": {"f1": 0.5}}', "deep/b.toml": "l=2"}
    found = metrics_of({"dvc.yaml": PIPELINE, **scores})
    assert found == {"acc": 0.9, "schema": 2.0, "test.f1": 0.5, "l": 2.0}


@pytest.mark.parametrize("content", ["{", "[1]", '{"accuracy": NaN}', "\xff"])
def test_what_cannot_be_read_is_left_out(content: str) -> None:
    assert metrics_of({"reports/metrics.json": content, "dvc.yaml": "metrics: 3\nstages: [1]\n"}) == {}


def test_a_file_out_of_reach_is_left_out() -> None:
    def read(path: Path) -> bytes:
        raise InputError(f"{path} is nowhere")

    assert read_metrics(Project(Path("x")), read) == {}
