"""D4xx: pictures that look unlike the others, and channels that say nothing."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.checks.check import Message, PictureCheck, plural
from winnow.checks.findings import MAX_EXAMPLES, Example
from winnow.checks.pictures import Pictures

_LARGE_CLASS = 100
"""A class of so many pictures is its own measure; smaller ones are measured by all pictures."""
_LEAST_PICTURES = 30
"""With fewer, a median deviation is too rough to judge by."""
_MAD_TO_DEVIATION = 1.4826
"""For normal values. Iglewicz & Hoaglin, How to Detect and Handle Outliers (1993), section 3."""


@dataclass(frozen=True)
class Measure:
    """One number a picture, and what it is called to have too little or too much of it."""

    values: NDArray[np.floating[Any]]
    """[N]."""

    least_deviation: float
    """Smaller spreads count as this: what nobody can see is no outlier."""

    low: str
    high: str


def deviations(values: NDArray[np.floating[Any]], classes: NDArray[np.int64], least: float) -> NDArray[np.float64]:
    """Return how many robust standard deviations `values` [N] lie from their median, [N].

    The deviation is that of the median of absolute deviations, at least `least`. A value is measured by its class
    ([N], codes) where that is large, else by all values.
    """
    is_large = np.bincount(classes)[classes] >= _LARGE_CLASS
    centre = np.full(len(values), np.median(values), dtype=np.float64)
    spread = np.full(len(values), np.median(np.abs(values - centre)), dtype=np.float64)
    if is_large.any():
        own, where = values[is_large], np.unique(classes[is_large], return_inverse=True)[1]
        centre[is_large] = _medians(own, where)[where]
        spread[is_large] = _medians(np.abs(own - centre[is_large]), where)[where]
    away: NDArray[np.float64] = (values - centre) / np.maximum(_MAD_TO_DEVIATION * spread, least)
    return away


def _medians(values: NDArray[np.floating[Any]], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the median of the values of each code, [K], for codes [N] in [0, K) that all occur."""
    ordered = values[np.lexsort((values, codes))].astype(np.float64)
    sizes = np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    medians: NDArray[np.float64] = (ordered[starts + (sizes - 1) // 2] + ordered[starts + sizes // 2]) / 2
    return medians


class Outliers(PictureCheck):
    """Some pictures lie far from the median of the others."""

    severity = "info"
    hint = "look at them (winnow check --html): broken or foreign pictures are best removed (winnow remove)"

    @abstractmethod
    def measures(self, pictures: Pictures) -> Iterator[Measure]:
        """Yield what is measured."""

    def messages_of(self, pictures: Pictures) -> Iterator[Message]:
        """Count them by measure and direction; the farthest come first."""
        if len(pictures) < _LEAST_PICTURES:
            return
        counts, rows, far = [], [], []
        for measure in self.measures(pictures):
            away = deviations(measure.values, pictures.classes[0], measure.least_deviation)
            for sign, word in ((-1, measure.low), (1, measure.high)):
                found = np.flatnonzero(sign * away > self.config.outlier_deviations)
                if len(found):
                    counts.append(f"{len(found):,} far {word}")
                    rows.append(found)
                    far.append(np.abs(away[found]))
        if counts:
            all_rows = np.concatenate(rows)
            num_outliers = len(np.unique(all_rows))
            farthest = all_rows[np.lexsort((all_rows, -np.concatenate(far)))]
            examples = single_rows(pictures, list(dict.fromkeys(farthest.tolist())))
            yield f"{num_outliers:,} of {plural(len(pictures), 'picture')} stand out: {', '.join(counts)}", examples


def single_rows(pictures: Pictures, rows: list[int]) -> list[Example]:
    """Return the first of these pictures, one an example."""
    return [Example((each,)) for each in pictures.ids(rows[:MAX_EXAMPLES])]


class SizeOutliers(Outliers):
    """Some images are far larger, smaller, wider or taller than the others, as they came."""

    id = "D401"

    def measures(self, pictures: Pictures) -> Iterator[Measure]:
        """Compare the logarithms of the mean side and of the sides' ratio."""
        width, height = (np.log(side) for side in (pictures.originals.width, pictures.originals.height))
        yield Measure((width + height) / 2, 0.1, "smaller", "larger")
        yield Measure(width - height, 0.05, "taller", "wider")


class BrightnessOutliers(Outliers):
    """Some pictures are far darker or brighter than the others."""

    id = "D402"

    def measures(self, pictures: Pictures) -> Iterator[Measure]:
        """Compare the means."""
        yield Measure(pictures.colors.mean(axis=1), 0.02, "darker", "brighter")


class ContrastOutliers(Outliers):
    """Some pictures have far less or more contrast than the others."""

    id = "D403"

    def measures(self, pictures: Pictures) -> Iterator[Measure]:
        """Compare the standard deviations within pictures."""
        yield Measure(pictures.contrast, 0.02, "flatter", "starker")


class SharpnessOutliers(Outliers):
    """Some pictures are far more blurred, or far noisier, than the others: the variance of the Laplacian tells."""

    id = "D404"

    def measures(self, pictures: Pictures) -> Iterator[Measure]:
        """Compare the logarithms."""
        yield Measure(np.log1p(pictures.sharpness), 0.25, "more blurred", "sharper or noisier")


class ColorOutliers(Outliers):
    """Some pictures have a tint that the others have not."""

    id = "D405"

    def measures(self, pictures: Pictures) -> Iterator[Measure]:
        """Compare red with green, and both with blue; gray pictures have no tint."""
        if pictures.colors.shape[1] > 1:
            red, green, blue = pictures.colors.T
            yield Measure(red - green, 0.02, "greener", "redder")
            yield Measure((red + green) / 2 - blue, 0.02, "bluer", "yellower")


class FlatPictures(PictureCheck):
    """A picture of one single colour shows nothing."""

    id, severity = "D406", "warning"
    hint = "remove them (winnow remove), or see whether they were cut or exported wrongly"

    def messages_of(self, pictures: Pictures) -> Iterator[Message]:
        """Count them."""
        rows = np.flatnonzero(pictures.is_constant.all(axis=1))
        if len(rows):
            message = f"{len(rows):,} of {plural(len(pictures), 'picture')} show one single colour"
            yield message, single_rows(pictures, rows.tolist())


class ConstantChannelInPictures(PictureCheck):
    """Some pictures use fewer colours than the others: a colour channel has one value all over, though others vary."""

    id, severity = "D407", "info"
    hint = "look at them (winnow check --html): a channel may have been lost on the way"

    def messages_of(self, pictures: Pictures) -> Iterator[Message]:
        """Count them; what holds for the whole set is D408."""
        colors = pictures.is_constant[:, : pictures.colors.shape[1]]
        lost = (colors & ~pictures.is_constant_in_set[: colors.shape[1]]).any(axis=1) & ~colors.all(axis=1)
        rows = np.flatnonzero(lost)
        if len(rows):
            message = f"a colour has one value all over in {len(rows):,} of {plural(len(pictures), 'picture')}"
            yield message, single_rows(pictures, rows.tolist())


class ConstantChannelInSet(PictureCheck):
    """A channel that has one value in all pictures teaches nothing, and costs time and memory."""

    id, severity = "D408", "warning"
    hint = "prepare fewer channels (prepare.channels), or see where the channel was lost"

    def messages_of(self, pictures: Pictures) -> Iterator[Message]:
        """Name the channels."""
        words = ("gray",) if len(pictures.is_constant_in_set) == 1 else ("red", "green", "blue", "alpha")
        constant = [word for word, never in zip(words, pictures.is_constant_in_set, strict=False) if never]
        if constant and len(pictures) > 1:
            yield f"one value in all {len(pictures):,} pictures: {', '.join(constant)}", []
