"""`model:` of `params.yaml`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from winnow.config import Section


class ModelConfig(Section):
    """Which architecture, and where its weights start."""

    name: Annotated[str, Field(min_length=1, examples=["torchvision/resnet18"])]
    """`winnow/small_cnn`, `torchvision/NAME`, `timm/NAME`, or `module:function` in `custom/`."""

    pretrained: Annotated[bool, Field(examples=[False])]
    """Start from published weights. They come from `weights`, or are downloaded by torchvision or timm."""

    weights: Annotated[str | None, Field(examples=[None])]
    """Path (from the project's folder) of a local weight file, `.safetensors` or a plain state dict; null downloads."""

    normalization: Annotated[Literal["dataset", "pretrained"], Field(examples=["dataset"])]
    """Channel means and deviations: of the training pixels, or those the published weights were trained with."""

    options: Annotated[dict[str, Any], Field(examples=[{}])]
    """Passed on to the architecture, for example `{drop_rate: 0.2}`."""
