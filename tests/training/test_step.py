from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from winnow.data.loader import Loader
from winnow.training.step import take_step, validate

MakeRun = Callable[..., Any]


def first_batch(run: Any) -> Any:
    return next(run.setup.train.epoch(0))


def test_a_step_moves_the_weights_the_average_and_the_count(make_run: MakeRun) -> None:
    run = make_run()
    before = run.state.tensors()
    run.state.model.train()
    outcome = take_step(run.setup, run.state, first_batch(run))
    after = run.state.tensors()
    assert not torch.equal(before["model.0.weight"], after["model.0.weight"])
    assert not torch.equal(before["ema.0.weight"], after["ema.0.weight"])
    assert run.state.progress.step == 1
    assert outcome.num_images == 16
    assert 0 <= outcome.num_correct.item() <= 16


def test_a_steps_draws_depend_on_its_number_and_on_nothing_drawn_before(make_run: MakeRun) -> None:
    changes: dict[str, Any] = {"augment__shift": 0.3, "augment__mixup": 0.5}
    undisturbed, disturbed = make_run("one", **changes), make_run("two", **changes)
    torch.rand(1000)
    losses = []
    for run in (undisturbed, disturbed):
        run.state.model.train()
        losses.append(take_step(run.setup, run.state, first_batch(run)).loss.item())
        torch.rand(7)
    assert losses[0] == losses[1]


def test_the_learning_rate_follows_the_schedule(make_run: MakeRun) -> None:
    run = make_run()
    for step, batch in enumerate(run.setup.train.epoch(0)):
        take_step(run.setup, run.state, batch)
        assert run.state.optimizer.param_groups[0]["lr"] == 0.02 * run.setup.schedule.fraction(step)


def test_a_step_in_bfloat16_keeps_the_weights_in_single_precision(make_run: MakeRun) -> None:
    run = make_run(precision="bf16")
    assert torch.isfinite(take_step(run.setup, run.state, first_batch(run)).loss)
    assert run.state.model[0].weight.dtype is torch.float32


def test_a_batch_of_two_images_trains_a_norm_over_single_pixels(make_run: MakeRun) -> None:
    run = make_run(batch_size=2)
    run.state.model.append(nn.BatchNorm1d(3))
    run.state.ema = None
    assert torch.isfinite(take_step(run.setup, run.state, first_batch(run)).loss)


@pytest.mark.parametrize("batch_size", [1, 7, 30, 100])
def test_validation_is_exact_whatever_the_batches(batch_size: int, make_run: MakeRun) -> None:
    run = make_run()
    source = run.setup.val.source
    model = run.state.model.eval()
    with torch.no_grad():
        logits = model(run.setup.normalize(torch.from_numpy(source.pixels)))
    targets = torch.from_numpy(source.targets)
    figures = validate(run.setup, model, Loader(source, batch_size=batch_size))
    assert figures["val/accuracy"] == (logits.argmax(1) == targets).sum().item() / 30
    assert figures["val/loss"] == pytest.approx(functional.cross_entropy(logits, targets).item(), rel=1e-5)
