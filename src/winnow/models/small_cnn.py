"""One small residual network for tiny images, 8 to 64 pixels wide."""

from typing import cast

import torch
from torch import nn
from torch.nn import functional


class SmallCNN(nn.Module):
    """To be measured; this is the first draft."""

    def __init__(self, *, num_classes: int, channels: int, width: int = 32, drop_rate: float = 0.0) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.stages = nn.Sequential(_Stage(width, width), _Stage(width, 2 * width), _Stage(2 * width, 4 * width))
        self.drop = nn.Dropout(drop_rate)
        self.head = nn.Linear(4 * width, num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map images [B, C, H, W], H and W at least 8, to logits [B, K]."""
        features = self.stages(self.stem(images)).mean(dim=(2, 3))
        return cast("torch.Tensor", self.head(self.drop(features)))


class _Stage(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity() if stride == 1 else nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        hidden = functional.relu(self.norm1(self.conv1(inputs)))
        return functional.relu(self.shortcut(inputs) + self.norm2(self.conv2(hidden)))
