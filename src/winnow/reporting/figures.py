"""The pictures of an evaluation: what was taken for what, how far to trust a confidence, which classes are weak."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from winnow.metrics.calibration import Reliability
from winnow.metrics.confusion import top_pairs
from winnow.reporting.canvas import BLUE, BLUES, GRAY, INK, ORANGE, ORANGES, PALE, canvas, short, without_frame
from winnow.stats.intervals import Shares

_MAX_NUMBERED = 20
_MAX_NAMED = 50
_MAX_CELLS = 160
_NUM_PAIRS = 20
_NUM_WORST = 30
_DARK = 0.3
_LETTERS_PER_INCH = 13

Floats = NDArray[np.float64]


def draw_confusion(path: Path, counts: NDArray[np.int64], labels: list[str]) -> None:
    """Draw confusion `counts` [K, K] (rows actual) as shares of each row: right in blue, wrong in orange.

    Up to 20 classes every cell has its count; up to 50, every class its name; beyond, neighbouring classes share a
    cell that shows the worst among them, and the most frequent confusions stand beside the picture.
    """
    num_classes = len(labels)
    cell = max(2.2 / num_classes, 0.4 if num_classes <= _MAX_NUMBERED else 0.15)
    side = 1.3 + cell * min(num_classes, _MAX_NAMED)
    with_names = num_classes <= _MAX_NAMED
    with canvas(path, width=side if with_names else side + 3.2, height=side) as figure:
        if with_names:
            axes = figure.add_subplot()
            _name_classes(axes, labels, cell)
        else:
            axes, beside = figure.subplots(1, 2, width_ratios=[side, 3.2])
            _draw_pairs(beside, counts, labels)
        _draw_cells(axes, counts)
        if num_classes <= _MAX_NUMBERED:
            _write_counts(axes, counts)
        axes.set(title="Confusion", xlabel="predicted", ylabel="actual")


def _shares(counts: NDArray[np.int64]) -> Floats:
    shares: Floats = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def _draw_cells(axes: Axes, counts: NDArray[np.int64]) -> None:
    shares = _shares(counts)
    starts = np.arange(0, len(counts), -(-len(counts) // _MAX_CELLS))
    right = np.add.reduceat(np.diag(shares), starts) / np.diff([*starts, len(counts)])
    np.fill_diagonal(shares, 0.0)
    wrong = np.maximum.reduceat(np.maximum.reduceat(shares, starts, axis=0), starts, axis=1)
    edge = len(counts) - 0.5
    box = (-0.5, edge, edge, -0.5)
    # The square root makes a confusion of one in a hundred visible.
    axes.imshow(wrong, cmap=ORANGES, norm=PowerNorm(0.5, 0, 1), extent=box)
    # NaN is not painted.
    diagonal = np.full_like(wrong, np.nan)
    np.fill_diagonal(diagonal, right)
    axes.imshow(diagonal, cmap=BLUES, norm=PowerNorm(0.5, 0, 1), extent=box)
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color=PALE)


def _name_classes(axes: Axes, labels: list[str], cell: float) -> None:
    names = [short(label) for label in labels]
    size = 9 if len(labels) <= _MAX_NUMBERED else 6.5
    places = range(len(names))
    axes.set_yticks(places, names, fontsize=size)
    if max(map(len, names)) > cell * _LETTERS_PER_INCH:
        axes.set_xticks(places, names, fontsize=size, rotation=45, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(places, names, fontsize=size)


def _write_counts(axes: Axes, counts: NDArray[np.int64]) -> None:
    shares = _shares(counts)
    for row, column in np.argwhere(counts).tolist():
        color = "white" if shares[row, column] > _DARK else INK
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=color, fontsize=8)


def _draw_pairs(axes: Axes, counts: NDArray[np.int64], labels: list[str]) -> None:
    pairs = [pair for pair in top_pairs(counts, _NUM_PAIRS) if pair.num_images > 1]
    for row, pair in enumerate(pairs):
        text = f"{short(labels[pair.actual])} → {short(labels[pair.predicted])}"
        axes.text(0, row - 0.1, text, va="bottom", fontsize=7.5)
        axes.text(pair.num_images, row + 0.08, f" {pair.num_images}", va="center", fontsize=7.5, color=GRAY)
    axes.barh(range(len(pairs)), [pair.num_images for pair in pairs], height=0.16, color=ORANGE, align="edge")
    without_frame(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_ylim(_NUM_PAIRS - 0.5, -0.7)
    axes.set_title("Most frequent confusions" if pairs else "No two classes were confused twice")


def draw_reliability(path: Path, rel: Reliability, accuracy: Shares) -> None:
    """Draw accuracy against confidence by bin, with the intervals of `accuracy`, and how many images each bin holds."""
    used = rel.count > 0
    with canvas(path, width=4.6, height=5.2) as figure:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3.4, 1])
        top.plot([0, 1], [0, 1], color=GRAY, linewidth=1, linestyle=(0, (4, 3)))
        top.vlines(rel.confidence[used], accuracy.low[used], accuracy.high[used], color=BLUE, alpha=0.35, linewidth=3)
        top.plot(rel.confidence[used], rel.accuracy[used], color=BLUE, marker="o", markersize=5, linewidth=1.2)
        top.set(
            title=f"Reliability · ECE {rel.calibration_error:.3f}", ylabel="accuracy", xlim=(0, 1.02), ylim=(0, 1.02)
        )
        for x, y, side, words in ((0.03, 0.97, "left", "too cautious"), (1.0, 0.03, "right", "too confident")):
            top.text(x, y, words, ha=side, va="top" if y > x else "bottom", color=GRAY, style="italic")
        edges = np.arange(len(rel.count)) / len(rel.count)
        bottom.bar(
            edges, rel.count, width=1 / len(rel.count), align="edge", color=BLUE, edgecolor="white", linewidth=0.6
        )
        bottom.set(xlabel="confidence", ylabel="images")
        bottom.set_yscale("symlog", linthresh=1)
        bottom.yaxis.set_major_formatter("{x:g}")
        bottom.set_ylim(0, 2 * max(1, rel.count.max()))


def draw_per_class(path: Path, labels: list[str], f1: Shares, support: NDArray[np.int64]) -> None:
    """Draw F1 with its interval for each class that has images, weakest first; of many classes, the weakest 30."""
    tested = np.flatnonzero(support)
    order = tested[np.argsort(f1.value[tested], kind="stable")][:_NUM_WORST]
    rows = list(range(len(order)))
    with canvas(path, width=5.6, height=1.3 + 0.22 * len(order)) as figure:
        axes = figure.add_subplot()
        axes.hlines(rows, f1.low[order], f1.high[order], color=BLUE, alpha=0.35, linewidth=4)
        axes.plot(f1.value[order], rows, color=BLUE, marker="o", markersize=5, linestyle="none", clip_on=False)
        axes.set_yticks(rows, [short(labels[row]) for row in order])
        for row, count in zip(rows, support[order], strict=True):
            axes.text(1.02, row, f"{count}", va="center", fontsize=8, color=GRAY, transform=axes.get_yaxis_transform())
        axes.text(1.02, -0.9, "images", va="center", fontsize=8, color=GRAY, transform=axes.get_yaxis_transform())
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.set_xlim(_floor(f1.low[order]), 1)
        axes.spines[:].set_visible(False)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        which = f"the {len(order)} weakest of {len(tested)} classes" if len(order) < len(tested) else "each class"
        axes.set(title=f"F1 · {which}", xlabel="F1")


def _floor(low: NDArray[np.float64]) -> float:
    """Return where the axis begins: at a tenth below the lowest interval."""
    known = low[np.isfinite(low)]
    return float(np.floor(known.min() * 10) / 10) if len(known) else 0.0
