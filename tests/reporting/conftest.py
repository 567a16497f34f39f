"""Curves as training leaves them."""

from pathlib import Path

import pytest

from winnow.tracking import Curves


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    """A folder as training leaves it."""
    with Curves(tmp_path / "train") as curves:
        for epoch in (1, 2, 3):
            curves.log(epoch, {"lr": 0.1, "train/loss": 1 / epoch, "val/loss": 2 / epoch, "val/accuracy": 0.3 * epoch})
    return tmp_path / "train"
