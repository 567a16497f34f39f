from pathlib import Path

import pytest

from winnow.reporting.curve_tables import read_curves


def test_curves_are_read_by_metric_and_series_loss_first(logged: Path) -> None:
    curves = read_curves(logged)
    assert list(curves) == ["loss", "accuracy", "lr"]
    assert curves["loss"]["train"] == ([1, 2, 3], pytest.approx([1, 1 / 2, 1 / 3]))
    assert set(curves["loss"]) == {"train", "val"}
    assert curves["lr"] == {"": ([1, 2, 3], [0.1, 0.1, 0.1])}


def test_a_curve_without_a_row_is_left_out(logged: Path) -> None:
    (logged / "plots" / "metrics" / "empty.tsv").write_text("step\tempty\n", encoding="utf-8")
    assert list(read_curves(logged)) == ["loss", "accuracy", "lr"]
