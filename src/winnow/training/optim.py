"""Optimizers, and which parameters are decayed."""

from typing import Any

import torch
from torch import nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import SGD, AdamW, Optimizer

from winnow.training.config import OptimizerConfig

_ADAM_BETA_2 = 0.999
_FUSED_DEVICES = ("cpu", "cuda", "mps")


def param_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return the decayed and the undecayed trainable parameters of `model`, in this order; empty groups are left out.

    Parameters with fewer than two axes are biases, or scales of a norm: shrinking them regularises nothing and only
    fights the normalisation (He et al. 2019, "Bag of Tricks", section 3.1).
    """
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    decayed = [parameter for parameter in trainable if parameter.ndim >= 2]  # noqa: PLR2004 - two axes make a matrix
    undecayed = [parameter for parameter in trainable if parameter.ndim < 2]  # noqa: PLR2004 - as above
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": undecayed, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def build_optimizer(config: OptimizerConfig, model: nn.Module) -> Optimizer:
    """Return the optimizer of `config` over `model`'s trainable parameters, fused into one kernel where torch can."""
    groups = param_groups(model, config.weight_decay)
    fused = all(parameter.device.type in _FUSED_DEVICES for group in groups for parameter in group["params"])
    if config.name == "adamw":
        return AdamW(groups, lr=config.lr, betas=(config.momentum, _ADAM_BETA_2), fused=fused)
    nesterov = config.momentum > 0
    return SGD(groups, lr=config.lr, momentum=config.momentum, nesterov=nesterov, fused=fused)


def set_lr(optimizer: Optimizer, lr: float) -> None:
    """Give every group the learning rate `lr`."""
    for group in optimizer.param_groups:
        group["lr"] = lr


def clip_gradients(model: nn.Module, max_norm: float | None) -> torch.Tensor:
    """Scale all gradients together down to the norm `max_norm` (None: leave them) and return their norm before, [].

    The norm is taken even where nothing is clipped: it is how a diverging run is noticed before it spoils the weights.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.grad is not None]
    norm = get_total_norm([parameter.grad for parameter in parameters if parameter.grad is not None])
    if max_norm is not None:
        clip_grads_with_norm_(parameters, max_norm, norm)
    return norm
