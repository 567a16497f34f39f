from pathlib import Path

import pytest

from winnow.reporting.curve_tables import read_curves
from winnow.tracking import Curves


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    """A folder as training leaves it."""
    with Curves(tmp_path / "train") as curves:
        for epoch in (1, 2, 3):
            curves.log(epoch, {"lr": 0.1, "train/loss": 1 / epoch, "val/loss": 2 / epoch, "val/accuracy": 0.3 * epoch})
    return tmp_path / "train"


def test_curves_are_read_by_metric_and_series_loss_first(logged: Path) -> None:
    curves = read_curves(logged)
    assert list(curves) == ["loss", "accuracy", "lr"]
    assert curves["loss"]["train"] == ([1, 2, 3], pytest.approx([1, 1 / 2, 1 / 3]))
    assert set(curves["loss"]) == {"train", "val"}
    assert curves["lr"] == {"": ([1, 2, 3], [0.1, 0.1, 0.1])}


def test_a_curve_without_a_row_is_left_out(logged: Path) -> None:
    (logged / "plots" / "metrics" / "empty.tsv").write_text("step\tempty\n", encoding="utf-8")
    assert list(read_curves(logged)) == ["loss", "accuracy", "lr"]
