"""From stored bytes to what a network reads. Training, evaluation and prediction share this one step."""

from collections.abc import Sequence

import torch
from torch import nn

_MAX_BYTE = 255.0


class Normalize(nn.Module):
    """Maps pixels uint8 [B, H, W, C] to float32 [B, C, H, W] in channels-last memory: `(x / 255 - mean) / std`.

    `mean` and `std` have one number a channel, on the scale 0-1. A channel that never varies (an alpha that is
    opaque everywhere) is only centred: half a byte's step is the smallest deviation divided by.
    Move it with `.to(device)`; it has no state to save.
    """

    scale: torch.Tensor
    offset: torch.Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        deviation = torch.tensor(std, dtype=torch.float64).clamp(min=0.5 / _MAX_BYTE)
        centre = torch.tensor(mean, dtype=torch.float64)
        # One multiplication and one addition a pixel; computed in float64, so that the rounding is in one place.
        self.register_buffer("scale", (1 / (_MAX_BYTE * deviation)).float().view(1, -1, 1, 1), persistent=False)
        self.register_buffer("offset", (-centre / deviation).float().view(1, -1, 1, 1), persistent=False)

    def forward(self, pixels_BHWC: torch.Tensor) -> torch.Tensor:  # noqa: N803 - axes in the name
        """Return float32 [B, C, H, W]; the memory keeps its order, so no pixel is moved."""
        images = pixels_BHWC.permute(0, 3, 1, 2).to(torch.float32)
        return images * self.scale + self.offset
