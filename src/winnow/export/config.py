"""`export:` of `params.yaml`."""

from typing import Annotated

from pydantic import Field

from winnow.config import Section

BatchSize = Annotated[int, Field(ge=1)]


class ExportConfig(Section):
    """How the model becomes an ONNX file, and what that may cost. Intervals are at 1 - `gate.alpha`."""

    tolerance: Annotated[float, Field(gt=0.0, examples=[0.001])]
    """Largest difference of a logit between the bundle and `model.onnx`, as a fraction of the largest logit (of 1 where
    all are smaller). Beyond it the stage fails."""

    int8: Annotated[bool, Field(examples=[True])]
    """Also write `model.int8.onnx`, a quarter of the size and faster."""

    max_loss: Annotated[float, Field(gt=0.0, lt=1.0, examples=[0.01])]
    """Most accuracy that int8 may lose: it is left out unless the whole interval lies above -max_loss."""

    calibration_images: Annotated[int, Field(ge=1, examples=[256])]
    """Training images, drawn by `seed`, that set the ranges of int8."""

    seed: Annotated[int, Field(ge=0, examples=[0])]
    """Draws the calibration images."""

    batch_sizes: Annotated[list[BatchSize], Field(min_length=1, examples=[[8, 32]])]
    """Batches that are timed besides single images; the one with the most images a second is the best batch."""

    threads: Annotated[int | None, Field(ge=1, examples=[None])]
    """Cores that timing may use; null: all."""
