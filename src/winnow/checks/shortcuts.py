"""D5xx: classes that can be told apart without a look at the picture. A model takes such a shortcut first.

For each class a rule is learnt that sees one trait alone (a size, say): where the class is more frequent than the
others are, it says the class. The rule is cross-validated, so that a trait with many values gains nothing by chance.
What counts is the lower end of its balanced accuracy's interval, corrected for the number of classes and traits.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.checks.check import MAX_NAMES, Message, PictureCheck, listed
from winnow.checks.findings import Example
from winnow.checks.pictures import Pictures

_FOLDS = 5
_CONFIDENCE = 0.95
_NUM_TRAITS = 3
_SIDE_BINS, _COLOR_BINS, _GRAY_BINS = 16, 6, 64

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Rules:
    """How well one trait tells each of K classes from the others: balanced accuracy, with its interval."""

    value: Floats
    low: Floats
    high: Floats


def judge_rules(cells: Codes, classes: Codes, units: Codes) -> Rules:
    """Return how well `cells` (the trait, [N] codes) tell each class ([N] codes) from the rest.

    Pictures of one unit ([N] codes) are always in one fold, and count as one witness, which is cautious. Intervals:
    Wilson (JASA 22 (1927) 209-212) for both rates, with Bonferroni's correction for all rules that are tried.
    """
    num_classes, num_cells = int(classes.max()) + 1, int(cells.max()) + 1
    place = (units % _FOLDS * num_classes + classes) * num_cells + cells
    counts = np.bincount(place, minlength=_FOLDS * num_classes * num_cells).astype(np.int32)
    counts = counts.reshape(_FOLDS, num_classes, num_cells)
    all_folds = counts.sum(axis=0)
    right, right_of_rest = np.zeros(num_classes), np.zeros(num_classes)
    for held_out in counts:
        says_class = _learn(all_folds - held_out)
        right += np.where(says_class, held_out, 0).sum(axis=1)
        right_of_rest += np.where(says_class, 0, held_out.sum(axis=0) - held_out).sum(axis=1)
    size = all_folds.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = right / size, right_of_rest / (size.sum() - size)
    pairs = np.unique(classes * (int(units.max()) + 1) + units)
    witnesses = np.bincount(pairs // (int(units.max()) + 1), minlength=num_classes)
    others = np.maximum(len(np.unique(units)) - witnesses, 0)
    z = NormalDist().inv_cdf(1 - (1 - _CONFIDENCE) / (4 * num_classes * _NUM_TRAITS))
    ends = [_wilson(rate, number, z) for rate, number in zip(rates, (witnesses, others), strict=True)]
    low, high = ((ends[0][side] + ends[1][side]) / 2 for side in (0, 1))
    return Rules((rates[0] + rates[1]) / 2, low, high)


def _learn(counts: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return in which cells each class is more frequent than the rest is, [K, cells], from counts [K, cells]."""
    size, rest = counts.sum(axis=1, keepdims=True), counts.sum(axis=0) - counts
    share = counts / np.maximum(size, 1)
    return np.asarray(share > rest / np.maximum(size.sum() - size, 1))


def _wilson(rate: Floats, size: Codes, z: float) -> tuple[Floats, Floats]:
    """Return both ends of the score interval; 0 and 1 where there is nothing to count."""
    number = np.maximum(size, 1)
    centre = (rate + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z * np.sqrt(rate * (1 - rate) / number + z**2 / (4 * number**2)) / (1 + z**2 / number)
    is_known = (size > 0) & np.isfinite(rate)
    return np.where(is_known, centre - half, 0.0), np.where(is_known, centre + half, 1.0)


class Shortcut(PictureCheck):
    """A class can be told from the others without a look at the picture."""

    severity = "warning"
    trait: str
    hint = "see how the classes were collected; bring them to one form before `winnow add`, or mix the sources"

    @abstractmethod
    def cells(self, pictures: Pictures) -> Codes:
        """Return the trait as codes, [N]."""

    def messages_of(self, pictures: Pictures) -> Iterator[Message]:
        """Name the classes, with the balanced accuracy of the rule."""
        classes, names = pictures.classes
        if len(names) < 2:  # noqa: PLR2004 - nothing to tell apart
            return
        cells = np.unique(self.cells(pictures), return_inverse=True)[1].astype(np.int64)
        rules = judge_rules(cells, classes, pictures.units)
        told = sorted(np.flatnonzero(rules.low > self.config.shortcut_accuracy), key=lambda each: -rules.value[each])
        if told:
            texts = [
                f"{names[each]!r} {rules.value[each]:.3f} [{rules.low[each]:.3f}, {rules.high[each]:.3f}]"
                for each in told
            ]
            message = f"{self.trait} alone tells classes from the others, balanced accuracy {listed(texts)}"
            yield message, [self._example(pictures, cells, int(each)) for each in told[:MAX_NAMES]]

    def _example(self, pictures: Pictures, cells: Codes, each: int) -> Example:
        """Return a picture of the class beside one of the others, both with the trait that is frequent there."""
        classes, names = pictures.classes
        rows = [_typical(cells, side) for side in (classes == each, classes != each)]
        return Example(tuple(pictures.ids(rows)), f"{names[each]!r} beside {names[classes[rows[1]]]!r}")


def _typical(cells: Codes, is_in: NDArray[np.bool_]) -> int:
    rows = np.flatnonzero(is_in)
    return int(rows[np.argmax(cells[rows] == np.bincount(cells[rows]).argmax())])


def bins(values: NDArray[np.floating[Any]] | NDArray[np.integer[Any]], most: int) -> Codes:
    """Return the bin of each value, [N]: each its own where there are few, else at most `most` of like weight."""
    edges = np.unique(values)
    if len(edges) > most:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, most + 1)[1:-1], method="higher"))
    return np.searchsorted(edges, values, side="left").astype(np.int64)


class SizeShortcut(Shortcut):
    """A class can be told from the others by the size of its images as they came (`checks.shortcut_accuracy`)."""

    id, trait = "D501", "image size"

    def cells(self, pictures: Pictures) -> Codes:
        """Return width and height together."""
        width, height = (bins(side, _SIDE_BINS) for side in (pictures.originals.width, pictures.originals.height))
        return width * (_SIDE_BINS + 1) + height


class FormatShortcut(Shortcut):
    """A class can be told from the others by the file format or the pixel mode of its images as they came."""

    id, trait = "D502", "file format and pixel mode"

    def cells(self, pictures: Pictures) -> Codes:
        """Return format and mode together."""
        kinds, modes = pictures.originals.format, pictures.originals.mode
        codes: Codes = (
            kinds.indices.to_numpy().astype(np.int64) * (len(modes.dictionary) + 1)
        ) + modes.indices.to_numpy()
        return codes


class BorderShortcut(Shortcut):
    """A class can be told from the others by the mean colour along the edges of its prepared pictures."""

    id, trait = "D503", "border colour"

    def cells(self, pictures: Pictures) -> Codes:
        """Return the colours together, each in a few steps."""
        num_colors = pictures.border.shape[1]
        steps = _GRAY_BINS if num_colors == 1 else _COLOR_BINS
        codes = np.zeros(len(pictures), dtype=np.int64)
        for color in pictures.border.T:
            codes = codes * (steps + 1) + bins(color, steps)
        return codes
