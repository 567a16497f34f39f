"""The training loop: epochs, checkpoints, curves, and three ways to end early."""

import math
import time
from collections.abc import Callable

import torch

from winnow.errors import DivergenceError
from winnow.logs import logger
from winnow.logs import progress as show_progress
from winnow.tracking import Curves
from winnow.training.checkpoint import Checkpoints
from winnow.training.interrupts import deferred_interrupts
from winnow.training.selection import best_epoch, is_exhausted
from winnow.training.setup import Setup
from winnow.training.state import State
from winnow.training.step import Outcome, take_step, validate

_WINDOW_STEPS = 32
"""Outcomes are read together, so that an accelerator is not waited for at every step."""


class Loop:
    """Runs `state` from wherever it is to the end of `setup.config.epochs`.

    Killed at any step and run again, it ends with the bytes of an undisturbed run: all draws are functions of the
    step's number, and the checkpoint holds the rest.
    """

    def __init__(self, setup: Setup, state: State, checkpoints: Checkpoints, curves: Curves) -> None:
        self.setup = setup
        self.state = state
        self.checkpoints = checkpoints
        self.curves = curves
        self.num_images = 0
        """Trained on by this process."""

        self.train_s = 0.0
        """Seconds this process spent on steps and the checkpoints between them, not on validation."""

        self._outcomes: list[Outcome] = []
        self._saved_at_s = time.monotonic()

    def run(self) -> None:
        """Train to the end; `state.judged` then holds the weights that were selected.

        Raises DivergenceError for a number that is not finite, and KeyboardInterrupt, after a checkpoint, when
        somebody asked to stop.
        """
        history, config = self.state.progress.history, self.setup.config
        for epoch, row in enumerate(history, start=1):
            self.curves.log(epoch, row)
        with deferred_interrupts() as stop_requested:
            while len(history) < config.epochs and not is_exhausted(history, config.select, config.early_stop_epochs):
                self._run_epoch(stop_requested)
        if self.state.best:
            self.state.judged.load_state_dict(self.state.best)
        self.state.judged.eval()

    def _run_epoch(self, stop_requested: Callable[[], bool]) -> None:
        loader, progress = self.setup.train, self.state.progress
        epoch = len(progress.history)
        first = progress.step - epoch * len(loader)
        self.state.model.train()
        title = f"epoch {epoch + 1} of {self.setup.config.epochs}"
        with show_progress(title, loader.num_images, "images") as advance:
            advance(first * loader.batch_size)
            start_s = time.perf_counter()
            for batch in loader.epoch(epoch, start=first):
                self._outcomes.append(take_step(self.setup, self.state, batch))
                if len(self._outcomes) >= self._window_steps():
                    self._settle()
                advance(len(batch.targets))
                self.num_images += len(batch.targets)
                self._pause(stop_requested)
            self._settle()
            self.train_s += time.perf_counter() - start_s
        self._end_epoch(title)

    def _window_steps(self) -> int:
        return 1 if self.setup.device.type == "cpu" else _WINDOW_STEPS

    def _pause(self, stop_requested: Callable[[], bool]) -> None:
        """Between two steps: write a checkpoint when one is due, and stop when asked to."""
        stop = stop_requested()
        if stop or time.monotonic() - self._saved_at_s >= self.setup.config.checkpoint_every_s:
            self._save()
        if stop:
            logger.warning(
                "stopped after step %d; run the same command again to go on from there", self.state.progress.step
            )
            raise KeyboardInterrupt

    def _save(self) -> None:
        # First, so that no checkpoint ever holds weights that are not finite.
        self._settle()
        self.checkpoints.save(self.state)
        self._saved_at_s = time.monotonic()

    def _settle(self) -> None:
        """Read the outcomes that are waiting, add them up, and refuse those that are not finite."""
        if not self._outcomes:
            return
        outcomes, self._outcomes = self._outcomes, []
        progress = self.state.progress
        columns = [
            [outcome.loss.float(), outcome.gradient_norm.float(), outcome.num_correct.float()] for outcome in outcomes
        ]
        values = torch.stack([torch.stack(column) for column in columns]).tolist()
        first = progress.step - len(outcomes)
        for step, (outcome, (loss, norm, num_correct)) in enumerate(zip(outcomes, values, strict=True), start=first):
            if not math.isfinite(loss):
                raise self._diverged("the loss", loss, step)
            if not math.isfinite(norm):
                raise self._diverged("the norm of the gradients", norm, step)
            progress.loss_sum += loss * outcome.num_images
            progress.num_correct += int(num_correct)
            progress.num_seen += outcome.num_images

    def _end_epoch(self, title: str) -> None:
        """Judge the epoch, keep its weights if they are the best, and make it durable."""
        setup, state, progress = self.setup, self.state, self.state.progress
        lr = setup.config.optimizer.lr * setup.schedule.fraction(progress.step - 1)
        row = {
            "train/loss": progress.loss_sum / progress.num_seen,
            "train/accuracy": progress.num_correct / progress.num_seen,
            "lr": lr,
        }
        if setup.val is not None:
            row |= validate(setup, state.judged, setup.val)
            if not math.isfinite(row["val/loss"]):
                raise self._diverged("the validation loss", row["val/loss"], progress.step - 1)
        progress.end_epoch(row)
        if (
            setup.config.select != "last"
            and best_epoch(progress.history, setup.config.select) == len(progress.history) - 1
        ):
            state.keep_as_best()
        self._save()
        self.curves.log(len(progress.history), row)
        logger.info("%s: %s", title, ", ".join(f"{name} {value:.4g}" for name, value in row.items()))

    def _diverged(self, what: str, value: float, step: int) -> DivergenceError:
        config = self.setup.config
        lr = config.optimizer.lr * self.setup.schedule.fraction(step)
        path = self.checkpoints.path
        kept = f"the last good checkpoint is {path}" if path.is_file() else "no checkpoint had been written yet"
        return DivergenceError(
            f"expected finite numbers, got {value} for {what} at step {step + 1} "
            f"(epoch {step // len(self.setup.train) + 1} of {config.epochs}, learning rate {lr:.3g}); {kept}",
            hint="lower train.optimizer.lr, lengthen train.schedule.warmup_epochs, set train.optimizer.clip_norm, "
            "or try `train.precision: fp32`",
        )
