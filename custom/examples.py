"""One example each of what winnow calls: a model, a loss, an augmentation, a metric.

Copy one, change it, and name it in `params.yaml` as `module:function`; README.md beside this file tells how.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional


def patch_mixer(
    *, num_classes: int, channels: int, size: int, patch: int = 4, width: int = 128, depth: int = 4
) -> nn.Module:
    """Model: a ConvMixer. Patches become vectors; depthwise convolutions mix places, pointwise ones mix channels.

    Trockman & Kolter 2022, "Patches Are All You Need?". Fails for images that are smaller than one patch.
    """
    if size < patch:
        raise ValueError(f"expected images of at least {patch} px, got {size}")
    layers: list[nn.Module] = [nn.Conv2d(channels, width, patch, stride=patch), nn.GELU(), nn.BatchNorm2d(width)]
    for _ in range(depth):
        layers += [_Residual(nn.Conv2d(width, width, 5, groups=width, padding=2), nn.GELU(), nn.BatchNorm2d(width))]
        layers += [nn.Conv2d(width, width, 1), nn.GELU(), nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes))


class _Residual(nn.Sequential):
    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = super().forward(inputs)
        return inputs + outputs


def focal_loss(logits: torch.Tensor, targets: torch.Tensor, *, gamma: float = 2.0) -> torch.Tensor:
    """Loss: cross-entropy in which images that are already easy count less, the more so the larger `gamma`.

    `logits` [B, K]; `targets` [B, K] are probabilities (mixup makes them soft). Returns one number.
    Lin et al. 2017, "Focal Loss for Dense Object Detection", equation 4, for soft targets.
    """
    log_probabilities = functional.log_softmax(logits.float(), dim=1)
    easiness = (1 - log_probabilities.exp()) ** gamma
    return -(targets * easiness * log_probabilities).sum(dim=1).mean()


def gaussian_noise(
    pixels: torch.Tensor, targets: torch.Tensor, generator: torch.Generator, *, sigma: float = 8.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Augmentation: sensor noise, its strength drawn for each image between 0 and `sigma` (in steps of a byte).

    `pixels` uint8 [B, H, W, C]; `targets` [B, K] are probabilities and stay as they are. Everything drawn comes from
    `generator`: that is what makes a run repeatable.
    """
    strength = torch.rand(len(pixels), 1, 1, 1, generator=generator, device=generator.device) * sigma
    noise = torch.randn(pixels.shape, generator=generator, device=generator.device) * strength
    noisy = pixels.float() + noise.to(pixels.device)
    return noisy.round().clamp(0, 255).to(torch.uint8), targets


def top2_accuracy(probabilities: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """Metric: the share of images whose class is among the two most probable.

    `probabilities` [N, K], `targets` [N] are positions in the sorted class names. A resample may lack a class.
    """
    top2 = np.argsort(probabilities, axis=1)[:, -2:]
    return float((top2 == targets[:, None]).any(axis=1).mean())
