"""One optimizer step, and one look at the validation images."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from winnow.data.loader import Batch, Loader
from winnow.models.placement import autocast
from winnow.seeding import derive_seed
from winnow.training.optim import clip_gradients, set_lr
from winnow.training.progressive import shrink, size_at
from winnow.training.setup import Setup
from winnow.training.state import State


@dataclass(frozen=True)
class Outcome:
    """What a step leaves to be counted. Tensors stay on the device: reading one would make the host wait for it."""

    loss: torch.Tensor
    """Mean over the batch, []."""

    gradient_norm: torch.Tensor
    """Of all gradients together before clipping, []."""

    num_correct: torch.Tensor
    """Images whose largest logit is at their largest target, []."""

    num_images: int


def take_step(setup: Setup, state: State, batch: Batch) -> Outcome:
    """Move the weights by one batch.

    Every random number of step t comes from seeds derived from t, so a resumed run draws what the undisturbed one did.
    """
    step, config = state.progress.step, setup.config
    torch.manual_seed(derive_seed(config.seed, "step", step))  # dropout and its kin
    generator = torch.Generator().manual_seed(derive_seed(config.seed, "augment", step))
    pixels = batch.pixels.to(setup.device, non_blocking=True)
    targets = functional.one_hot(batch.targets.to(setup.device, non_blocking=True), setup.num_classes).float()
    pixels, targets = setup.augment(pixels, targets, generator)
    images = shrink(
        setup.normalize(pixels), size_at(step / setup.schedule.num_steps, pixels.shape[1], config.progressive)
    )
    with autocast(setup.device, setup.dtype):
        logits = state.model(images)
        loss = setup.loss(logits, targets)
    state.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    norm = clip_gradients(state.model, config.optimizer.clip_norm)
    set_lr(state.optimizer, config.optimizer.lr * setup.schedule.fraction(step))
    state.optimizer.step()
    if state.ema is not None:
        state.ema.update(state.model, step)
    state.progress.step += 1
    num_correct = (logits.detach().argmax(dim=1) == targets.argmax(dim=1)).sum()
    return Outcome(loss.detach(), norm, num_correct, len(targets))


@torch.no_grad()
def validate(setup: Setup, model: nn.Module, loader: Loader) -> dict[str, float]:
    """Return the accuracy and the cross-entropy (nats, unsmoothed, unweighted) of `model` over `loader`'s images."""
    model.eval()
    loss_sum, num_correct = 0.0, 0
    for batch in loader.epoch():
        targets = batch.targets.to(setup.device)
        with autocast(setup.device, setup.dtype):
            logits = model(setup.normalize(batch.pixels.to(setup.device)))
        loss_sum += functional.cross_entropy(logits.float(), targets, reduction="sum").item()
        num_correct += int((logits.argmax(dim=1) == targets).sum().item())
    return {"val/loss": loss_sum / loader.num_images, "val/accuracy": num_correct / loader.num_images}
