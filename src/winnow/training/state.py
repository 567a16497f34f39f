"""Everything that changes while training runs, and its flat form for a checkpoint."""

from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from winnow.training.config import TrainConfig
from winnow.training.ema import Ema
from winnow.training.optim import build_optimizer

Tensors = dict[str, torch.Tensor]


@dataclass
class Progress:
    """How far a run is. Plain numbers, so that JSON holds it exactly."""

    step: int = 0
    """Optimizer steps done in the whole run."""

    loss_sum: float = 0.0
    """Of this epoch so far: each batch's loss times its images."""

    num_correct: int = 0
    num_seen: int = 0
    """Images of this epoch so far."""

    history: list[dict[str, float]] = field(default_factory=list)
    """One row a finished epoch."""

    def end_epoch(self, row: dict[str, float]) -> None:
        """Add the finished epoch's row and start counting anew."""
        self.history.append(row)
        self.loss_sum, self.num_correct, self.num_seen = 0.0, 0, 0


@dataclass
class State:
    """A run's model, optimizer, average, best weights and progress."""

    model: nn.Module
    optimizer: Optimizer
    ema: Ema | None
    best: Tensors = field(default_factory=dict)
    """State dict of the best epoch so far, on the CPU; empty before the first epoch's end or with `select: last`."""

    progress: Progress = field(default_factory=Progress)

    @property
    def judged(self) -> nn.Module:
        """The model that is validated and kept: the average where there is one."""
        return self.model if self.ema is None else self.ema.model

    def keep_as_best(self) -> None:
        """Copy the judged weights."""
        self.best = {name: _to_plain(tensor) for name, tensor in self.judged.state_dict().items()}

    def tensors(self) -> Tensors:
        """Return copies of all tensors by name: contiguous, on the CPU, sharing no memory."""
        named = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        if self.ema is not None:
            named |= {f"ema.{name}": tensor for name, tensor in self.ema.model.state_dict().items()}
        named |= {f"best.{name}": tensor for name, tensor in self.best.items()}
        for index, slots in self.optimizer.state_dict()["state"].items():
            tensors = {slot: value for slot, value in slots.items() if isinstance(value, torch.Tensor)}
            named |= {f"optimizer.{index}.{slot}": value for slot, value in tensors.items()}
        return {name: _to_plain(tensor) for name, tensor in named.items()}

    def restore(self, tensors: Tensors, progress: dict[str, Any]) -> None:
        """Take over what `tensors` and `asdict(progress)` of an equally built state returned."""
        self.model.load_state_dict(_below("model", tensors))
        if self.ema is not None:
            self.ema.model.load_state_dict(_below("ema", tensors))
        self.best = _below("best", tensors)
        self._restore_optimizer(_below("optimizer", tensors))
        self.progress = Progress(**progress)

    def _restore_optimizer(self, tensors: Tensors) -> None:
        parameters = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        slots: dict[int, Tensors] = {}
        for name, tensor in tensors.items():
            index, slot = name.split(".")
            parameter = parameters[int(index)]
            # Fused kernels walk moments and weights side by side in memory: both need the same layout.
            alike = torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
            slots.setdefault(int(index), {})[slot] = alike.detach()
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})

    def progress_as_dict(self) -> dict[str, Any]:
        """Return the progress as plain data."""
        return asdict(self.progress)


def start_state(config: TrainConfig, model: nn.Module) -> State:
    """Return the state before the first step of a `model` that is already on its device."""
    ema = None if config.ema_decay is None else Ema(model, config.ema_decay)
    return State(model=model, optimizer=build_optimizer(config.optimizer, model), ema=ema)


def _to_plain(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().to("cpu", copy=True).contiguous()


def _below(prefix: str, tensors: Tensors) -> Tensors:
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
