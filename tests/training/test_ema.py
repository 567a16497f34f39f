import pytest
import torch
from torch import nn

from winnow.training.ema import Ema


def set_weight(model: nn.Module, value: float) -> None:
    with torch.no_grad():
        model.weight.fill_(value)


def test_the_average_follows_its_closed_form() -> None:
    model = nn.Linear(1, 1, bias=False)
    set_weight(model, 2.0)
    ema = Ema(model, decay=0.5)
    expected = 2.0
    for step, value in enumerate([4.0, -1.0, 7.0, 3.0, 0.0, 9.0, 2.0, 5.0, 1.0, 6.0]):
        set_weight(model, value)
        ema.update(model, step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
        assert ema.model.weight.item() == pytest.approx(expected, rel=1e-6)


def test_the_decay_ramps_up_so_that_the_random_start_is_forgotten() -> None:
    model = nn.Linear(1, 1, bias=False)
    set_weight(model, 100.0)
    ema = Ema(model, decay=0.9999)
    set_weight(model, 1.0)
    for step in range(50):
        ema.update(model, step)
    assert ema.model.weight.item() == pytest.approx(1.0, abs=0.01)


def test_running_statistics_are_averaged_and_counters_copied() -> None:
    model = nn.BatchNorm1d(2)
    ema = Ema(model, decay=0.9)
    model.running_mean.fill_(1.0)
    model.num_batches_tracked.fill_(7)
    ema.update(model, 0)
    assert ema.model.running_mean.tolist() == pytest.approx([0.9, 0.9])
    assert ema.model.num_batches_tracked.item() == 7


def test_shared_weights_are_averaged_once() -> None:
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    model[1].weight = model[0].weight
    set_weight(model[0], 0.0)
    ema = Ema(model, decay=0.5)
    set_weight(model[0], 1.0)
    ema.update(model, 100)
    assert ema.model[0].weight.item() == pytest.approx(0.5)


def test_the_average_neither_trains_nor_touches_the_model() -> None:
    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    ema = Ema(model, decay=0.5)
    ema.update(model, 0)
    assert torch.equal(model.weight, before)
    assert model.weight.requires_grad
    assert not any(parameter.requires_grad for parameter in ema.model.parameters())
    assert not ema.model.training
