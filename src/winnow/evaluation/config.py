"""`evaluate:` of `params.yaml`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from winnow.config import Section


class MetricConfig(Section):
    """One metric of the user's own."""

    name: Annotated[str, Field(pattern=r"^[\w.]+:\w+$", examples=["examples:top2_accuracy"])]
    """`module:function` in `custom/`."""

    options: Annotated[dict[str, Any], Field(examples=[{}])]
    """Passed on to the function."""


class EvaluateConfig(Section):
    """How predictions are made and judged."""

    batch_size: Annotated[int, Field(ge=1, examples=[256])]
    """Images a forward pass."""

    confidence: Annotated[float, Field(gt=0.5, lt=1.0, examples=[0.95])]
    """Level of every interval."""

    bootstrap_samples: Annotated[int, Field(ge=200, examples=[2000])]
    """Resamples for metrics without a closed interval."""

    seed: Annotated[int, Field(ge=0, examples=[0])]
    """Draws the resamples."""

    calibration_bins: Annotated[int, Field(ge=2, le=100, examples=[15])]
    """Equal-width confidence bins of the calibration error."""

    positive_label: Annotated[str | None, Field(examples=[None])]
    """Binary problems: the class whose detection is sensitivity; null takes the last label in sorted order."""

    threshold: Annotated[Literal["youden", "half"], Field(examples=["youden"])]
    """Binary problems: the threshold that maximises sensitivity + specificity on validation, or 0.5."""

    metrics: Annotated[list[MetricConfig], Field(examples=[[]])]
    """Further metrics from `custom/`."""
