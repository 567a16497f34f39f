"""`checks:` of `params.yaml`: from where on a check speaks."""

from typing import Annotated

from pydantic import Field

from winnow.config import Section


class ChecksConfig(Section):
    """From where on the checks of the data set speak (docs/checks.md). None of it changes what a model learns."""

    ignore: Annotated[list[Annotated[str, Field(pattern=r"^D\d{3}$")]], Field(examples=[[]])]
    """Ids of checks that stay silent. Errors cannot be ignored."""

    min_images: Annotated[int, Field(ge=1, examples=[10])]
    """D201: a class should have so many training images."""

    max_imbalance: Annotated[float, Field(ge=1.0, examples=[10.0])]
    """D202: the largest class should have at most so many times the training images of the smallest."""

    disagreement: Annotated[float, Field(gt=0.0, le=1.0, examples=[0.1])]
    """D205: share of test images that one of the two models gets right and the other wrong; at least `gate.margin`
    counts. Nobody knows it before: twice the expected error is cautious."""

    max_group_fraction: Annotated[float, Field(gt=0.0, le=1.0, examples=[0.5])]
    """D206: one group should hold at most this share of a split, or of the training images of a class."""

    outlier_deviations: Annotated[float, Field(ge=3.0, examples=[6.0])]
    """D401-D405: how many robust standard deviations from the median make an outlier."""

    shortcut_accuracy: Annotated[float, Field(gt=0.5, lt=1.0, examples=[0.9])]
    """D501-D503: a class should not be told from the others at this balanced accuracy (chance is 0.5) without a look
    at the picture."""

    label_confidence: Annotated[float, Field(ge=0.0, lt=1.0, examples=[0.5])]
    """D601: the least probability of another class that makes a label suspicious."""
