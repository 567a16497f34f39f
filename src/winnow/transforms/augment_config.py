"""`train.augment:` of `params.yaml`. Beside `augment.py`, which obeys it, and free of torch."""

from typing import Annotated, Any, Literal

from pydantic import Field

from winnow.config import Section

Share = Annotated[float, Field(ge=0.0, le=1.0)]
NonNegative = Annotated[float, Field(ge=0.0)]


class AugmentConfig(Section):
    """How training images vary. Everything runs on whole batches."""

    name: Annotated[str, Field(min_length=1, examples=["standard"])]
    """`standard` (the keys below), or `module:function` in `custom/`, which replaces them."""

    flip: Annotated[Literal["none", "horizontal", "vertical", "both"], Field(examples=["horizontal"])]
    """Mirror half of the images along these axes."""

    shift: Annotated[float, Field(ge=0.0, le=0.5, examples=[0.1])]
    """Random crop: move by up to this share of the size, edges repeated."""

    scale: Annotated[float, Field(ge=0.0, lt=1.0, examples=[0.0])]
    """Random resized crop: zoom by up to this share, in or out."""

    rotate_deg: Annotated[float, Field(ge=0.0, le=180.0, examples=[0.0])]
    """Rotate by up to this many degrees either way."""

    color: Annotated[Share, Field(examples=[0.0])]
    """Brightness, contrast and (with colour) saturation vary by up to this share."""

    erase: Annotated[Share, Field(examples=[0.0])]
    """Probability that a random rectangle is blanked."""

    mixup: Annotated[NonNegative, Field(examples=[0.0])]
    """Beta parameter of mixup; 0 is off."""

    cutmix: Annotated[NonNegative, Field(examples=[0.0])]
    """Beta parameter of cutmix; 0 is off. With mixup also on, each batch draws one of the two."""

    options: Annotated[dict[str, Any], Field(examples=[{}])]
    """Passed on to a custom augmentation."""
