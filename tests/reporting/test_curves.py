from pathlib import Path

from winnow.reporting.curves import draw_curves


def test_curves_are_drawn(logged: Path, tmp_path: Path) -> None:
    assert draw_curves(tmp_path / "curves.png", logged)
    assert (tmp_path / "curves.png").stat().st_size > 5000


def test_without_curves_nothing_is_drawn(tmp_path: Path) -> None:
    assert not draw_curves(tmp_path / "curves.png", tmp_path)
    assert not (tmp_path / "curves.png").exists()
