from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from winnow.metrics.calibration import reliability
from winnow.reporting.canvas import BLUE, ORANGE
from winnow.reporting.figures import draw_confusion, draw_per_class, draw_reliability
from winnow.stats.groups import independent
from winnow.stats.intervals import Shares, stratified_shares


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def has_color(path: Path, color: str) -> bool:
    """Whether some pixel has this very colour."""
    rgb = tuple(int(color[start : start + 2], 16) for start in (1, 3, 5))
    return bool((pixels(path) == rgb).all(axis=-1).any())


def counts_of(num_classes: int) -> np.ndarray:
    counts = np.diag(np.full(num_classes, 9))
    counts[0, -1] = 3
    return counts


@pytest.mark.parametrize("num_classes", [2, 10, 37, 400])
def test_confusion_is_drawn_for_any_number_of_classes(num_classes: int, tmp_path: Path) -> None:
    names = [f"class {number}" for number in range(num_classes)]
    draw_confusion(tmp_path / "one.png", counts_of(num_classes), names)
    draw_confusion(tmp_path / "two.png", counts_of(num_classes), names)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert max(pixels(tmp_path / "one.png").shape) < 2000


def test_right_is_blue_and_wrong_is_orange(tmp_path: Path) -> None:
    path = tmp_path / "confusion.png"
    draw_confusion(path, np.diag([5, 5, 5]), ["a", "b", "c"])
    assert has_color(path, BLUE)
    assert not has_color(path, ORANGE)
    draw_confusion(path, np.array([[5, 0, 0], [5, 0, 0], [0, 0, 5]]), ["a", "b", "c"])
    assert has_color(path, ORANGE)


def test_a_single_confusion_among_many_classes_can_be_seen(tmp_path: Path) -> None:
    """Neighbouring classes share a cell: it must not fade."""
    names = [f"class {number}" for number in range(400)]
    diagonal = np.diag(np.full(400, 9))
    one_wrong = diagonal.copy()
    one_wrong[7, 301] = 1
    drawn = []
    for counts in (diagonal, one_wrong):
        draw_confusion(tmp_path / "confusion.png", counts, names)
        drawn.append(pixels(tmp_path / "confusion.png").astype(int))
    changed = np.abs(drawn[0] - drawn[1]).max(axis=-1) > 20
    assert np.count_nonzero(changed) > 20


def test_reliability_is_drawn_with_empty_bins(tmp_path: Path) -> None:
    rel = reliability(np.array([0.3, 0.9, 0.95, 1.0]), np.array([False, True, True, True]), 10)
    accuracy = stratified_shares(np.array([False, True, True, True]), rel.bins, 10, independent(4), 0.95)
    draw_reliability(tmp_path / "reliability.png", rel, accuracy)
    assert has_color(tmp_path / "reliability.png", BLUE)


def shares(num_classes: int) -> tuple[Shares, np.ndarray]:
    targets = np.arange(num_classes * 4) % num_classes
    right = np.arange(num_classes * 4) % 5 > 0
    return stratified_shares(right, targets, num_classes, independent(len(targets)), 0.95), np.full(num_classes, 4)


@pytest.mark.parametrize("num_classes", [1, 10, 200])
def test_per_class_shows_at_most_the_thirty_weakest(num_classes: int, tmp_path: Path) -> None:
    f1, support = shares(num_classes)
    names = [f"class {number}" for number in range(num_classes)]
    draw_per_class(tmp_path / "per_class.png", names, f1, support)
    height = pixels(tmp_path / "per_class.png").shape[0]
    assert height == pytest.approx(144 * (1.3 + 0.22 * min(num_classes, 30)), abs=1)


def test_per_class_leaves_out_what_was_not_tested(tmp_path: Path) -> None:
    f1, support = shares(4)
    support[2] = 0
    draw_per_class(tmp_path / "per_class.png", list("abcd"), f1, support)
    assert pixels(tmp_path / "per_class.png").shape[0] == pytest.approx(144 * (1.3 + 0.22 * 3), abs=1)


def test_per_class_without_intervals_is_drawn(tmp_path: Path) -> None:
    f1, support = shares(3)
    unknown = np.full(3, np.nan)
    draw_per_class(tmp_path / "per_class.png", list("abc"), Shares(f1.value, f1.size, unknown, unknown), support)
    assert has_color(tmp_path / "per_class.png", BLUE)
