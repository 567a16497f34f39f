import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Never

import pytest

from winnow.tracking import Curves

ROWS = [{"train/loss": 1.25, "val/accuracy": 0.5}, {"train/loss": 0.1 + 0.2, "val/accuracy": 0.75}]


def write(folder: Path, rows: Sequence[Mapping[str, float]] = ROWS) -> dict[str, bytes]:
    with Curves(folder) as curves:
        for epoch, row in enumerate(rows, start=1):
            curves.log(epoch, row)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_metric_is_a_table_by_step_and_the_last_values_are_json(tmp_path: Path) -> None:
    files = write(tmp_path / "curves")
    assert sorted(files) == ["metrics.json", "plots/metrics/train/loss.tsv", "plots/metrics/val/accuracy.tsv"]
    lines = files["plots/metrics/train/loss.tsv"].decode().splitlines()
    assert lines == ["step\tloss", "1\t1.25", "2\t0.30000000000000004"]
    assert json.loads(files["metrics.json"]) == {
        "train": {"loss": 0.30000000000000004},
        "val": {"accuracy": 0.75},
        "step": 2,
    }


def test_the_same_rows_give_the_same_bytes_whatever_was_there_before(tmp_path: Path) -> None:
    folder = tmp_path / "curves"
    write(folder, [{"train/loss": 9.0, "gone": 1.0}] * 3)
    assert write(folder) == write(tmp_path / "other")


def test_a_git_repository_without_dvc_stays_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    before = sorted(path.as_posix() for path in tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "curves")
    after = sorted(path.as_posix() for path in tmp_path.rglob("*") if tmp_path / "curves" not in [path, *path.parents])
    assert after == before


def test_a_studio_token_in_the_environment_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **keywords: object) -> Never:
        raise AssertionError("something was sent")

    monkeypatch.setenv("DVC_STUDIO_TOKEN", "isat_token")
    monkeypatch.setenv("DVC_STUDIO_REPO_URL", "https://example.org/repository.git")
    monkeypatch.setattr("requests.Session.request", refuse)
    monkeypatch.setattr("dvclive.studio.post_live_metrics", refuse)
    assert "metrics.json" in write(tmp_path / "curves")
