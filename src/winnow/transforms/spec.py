"""How an image becomes a fixed array: the part of `prepare:` that a bundle carries and a service obeys."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from winnow.config import Section

_RGBA = 4

Byte = Annotated[int, Field(ge=0, le=255)]


class PreprocessSpec(Section):
    """Everything `preprocess` needs to know. Two equal specs give equal pixels on every system."""

    size: Annotated[int, Field(ge=4, le=2048, examples=[64])]
    """Height and width of the prepared image, in pixels."""

    channels: Annotated[Literal[1, 3, 4], Field(examples=[3])]
    """1 gray, 3 RGB, 4 RGB with alpha."""

    fit: Annotated[Literal["stretch", "pad", "crop"], Field(examples=["crop"])]
    """How a picture that is not square becomes one: stretched, padded with `background`, or centre-cropped."""

    resample: Annotated[Literal["nearest", "bilinear", "bicubic", "lanczos"], Field(examples=["bilinear"])]
    """Pillow's filter for resizing (antialiased when shrinking)."""

    alpha: Annotated[Literal["composite", "keep"], Field(examples=["composite"])]
    """What happens to transparency: drawn over `background`, or kept as a channel (needs `channels: 4`)."""

    background: Annotated[list[Byte], Field(min_length=3, max_length=3, examples=[[255, 255, 255]])]
    """Red, green, blue under transparent pixels and beside padded ones, 0-255."""

    @model_validator(mode="after")
    def _alpha_needs_its_channel(self) -> Self:
        if (self.alpha == "keep") != (self.channels == _RGBA):
            raise ValueError("`alpha: keep` and `channels: 4` go together")
        return self

    @property
    def sample_bytes(self) -> int:
        """Bytes of one prepared image: size x size x channels, uint8."""
        return self.size * self.size * self.channels
