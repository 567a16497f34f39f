"""`data:` and `prepare:` of `params.yaml`."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from winnow.config import Section
from winnow.transforms.spec import PreprocessSpec

Fraction = Annotated[float, Field(ge=0.0, lt=1.0)]


class DataConfig(Section):
    """How samples are dealt to splits. A `split` in `labels.csv` overrides it."""

    seed: Annotated[int, Field(ge=0, examples=[0])]
    """Deals groups (else images) to splits by hash. Another seed deals everything anew: old runs no longer compare."""

    val_fraction: Annotated[Fraction, Field(examples=[0.1])]
    """Share of groups for validation: chooses the best epoch and thresholds."""

    test_fraction: Annotated[Fraction, Field(examples=[0.2])]
    """Share of groups for the test that is reported and judged."""

    @model_validator(mode="after")
    def _leaves_room_for_training(self) -> Self:
        if self.val_fraction + self.test_fraction >= 1.0:
            raise ValueError("val_fraction + test_fraction must be below 1, training needs the rest")
        return self


class NearDuplicatesConfig(Section):
    """When two images count as the same picture."""

    hold_out: Annotated[bool, Field(examples=[True])]
    """Look for training images that nearly duplicate a val, test or vault image, and keep them out of training."""

    max_distance: Annotated[int, Field(ge=0, le=32, examples=[16])]
    """Candidates: perceptual hashes that differ in at most this many of 64 bits."""

    max_difference: Annotated[float, Field(ge=0.0, le=1.0, examples=[0.1])]
    """Confirmed: the pair differs by at most this share of what the look-alikes of the two differ by.

    Two pictures differ by 1 - the cosine of their blurred gradients, under the best of three alignments. A picture's
    look-alikes are as far as its fifth nearest on the other side; the farther of the two counts."""


class PrepareConfig(PreprocessSpec):
    """`prepare:`: the pixels, and what is held out."""

    near_duplicates: NearDuplicatesConfig

    def spec(self) -> PreprocessSpec:
        """Return the part that decides pixels, and nothing else."""
        return PreprocessSpec(**{name: getattr(self, name) for name in PreprocessSpec.model_fields})
