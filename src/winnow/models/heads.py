"""The two ends of a network: how many channels go in, how many classes come out."""

from typing import Any, cast

import torch
from torch import nn

RGB = 3


def adapt_input(model: nn.Module, channels: int) -> None:
    """Replace the first convolution that reads RGB by one that reads `channels`, its weights adapted."""
    if channels == RGB:
        return
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d) and module.in_channels == RGB:
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, _with_channels(module, channels))
            return
    raise ValueError("no convolution reads RGB")


def _with_channels(conv: nn.Conv2d, channels: int) -> nn.Conv2d:
    # Built on `meta`: no random number is drawn for weights that are replaced at once.
    geometry = {name: getattr(conv, name) for name in ("kernel_size", "stride", "padding", "dilation", "padding_mode")}
    arguments: dict[str, Any] = {**geometry, "bias": conv.bias is not None, "device": "meta"}
    adapted = nn.Conv2d(channels, conv.out_channels, **arguments)
    adapted.weight = nn.Parameter(adapt_input_weight(conv.weight.detach(), channels))
    adapted.bias = conv.bias
    return adapted


def adapt_input_weight(weight: torch.Tensor, channels: int) -> torch.Tensor:
    """Return RGB weights [O, 3, ...] for `channels` inputs, [O, channels, ...].

    Gray: the sum over RGB, so that a gray image excites what its RGB copy did (as timm does). Alpha: zeros, so that
    training starts from the RGB network and learns what transparency adds.
    """
    if channels == 1:
        return weight.sum(dim=1, keepdim=True)
    extra = weight.new_zeros(weight.shape[0], channels - RGB, *weight.shape[2:])
    return torch.cat([weight, extra], dim=1)


def head_parameters(model: nn.Module, num_classes: int) -> set[str]:
    """Return the names of the parameters of the layer (or layers) whose outputs are the classes."""
    if hasattr(model, "get_classifier"):
        # timm says which; a distilled network has two.
        found = cast("Any", model).get_classifier()
        layers = list(found) if isinstance(found, tuple) else [found]
    else:
        linear = [module for module in model.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
        layers = [module for module in linear if module.weight.shape[0] == num_classes][-1:]
    owned = {id(parameter) for layer in layers for parameter in layer.parameters()}
    return {name for name, parameter in model.named_parameters() if id(parameter) in owned}
