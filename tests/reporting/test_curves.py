from pathlib import Path

import pytest

from winnow.reporting.curves import draw_curves
from winnow.tracking import Curves


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    """A folder as training leaves it."""
    with Curves(tmp_path / "train") as curves:
        for epoch in (1, 2, 3):
            curves.log(epoch, {"lr": 0.1, "train/loss": 1 / epoch, "val/loss": 2 / epoch, "val/accuracy": 0.3 * epoch})
    return tmp_path / "train"


def test_curves_are_drawn(logged: Path, tmp_path: Path) -> None:
    assert draw_curves(tmp_path / "curves.png", logged)
    assert (tmp_path / "curves.png").stat().st_size > 5000


def test_without_curves_nothing_is_drawn(tmp_path: Path) -> None:
    assert not draw_curves(tmp_path / "curves.png", tmp_path)
    assert not (tmp_path / "curves.png").exists()
