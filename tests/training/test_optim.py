from typing import Any

import pytest
import torch
from torch import nn

from winnow.training.config import OptimizerConfig
from winnow.training.optim import build_optimizer, clip_gradients, param_groups, set_lr


def config(**changes: Any) -> OptimizerConfig:
    values = {"name": "adamw", "lr": 0.1, "weight_decay": 0.5, "momentum": 0.9, "clip_norm": None}
    return OptimizerConfig(**(values | changes))


def test_biases_and_norms_are_not_decayed() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 3))
    decayed, undecayed = param_groups(model, 0.5)
    assert [tuple(parameter.shape) for parameter in decayed["params"]] == [(2, 1, 3, 3), (3, 2)]
    assert [tuple(parameter.shape) for parameter in undecayed["params"]] == [(2,), (2,), (2,), (3,)]
    assert (decayed["weight_decay"], undecayed["weight_decay"]) == (0.5, 0.0)


def test_frozen_parameters_and_empty_groups_are_left_out() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model[0].requires_grad_(requires_grad=False)
    (group,) = param_groups(model, 0.1)
    assert len(group["params"]) == 1
    assert group["params"][0] is model[1].weight


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_decay_shrinks_weights_and_leaves_biases(name: str) -> None:
    model = nn.Linear(2, 2)
    weight, bias = model.weight.detach().clone(), model.bias.detach().clone()
    optimizer = build_optimizer(config(name=name), model)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    assert torch.all(model.weight.detach().abs() < weight.abs())
    assert torch.equal(model.bias, bias)


def test_the_first_adamw_step_is_the_learning_rate_against_the_gradients_sign() -> None:
    model = nn.Linear(2, 1, bias=False)
    before = model.weight.detach().clone()
    optimizer = build_optimizer(config(weight_decay=0.0), model)
    set_lr(optimizer, 0.01)
    model.weight.grad = torch.tensor([[3.0, -0.5]])
    optimizer.step()
    assert torch.allclose(model.weight.detach() - before, torch.tensor([[-0.01, 0.01]]), atol=1e-6)


@pytest.mark.parametrize(("momentum", "moved"), [(0.0, 0.1), (0.9, 0.19)])
def test_sgd_has_nesterov_momentum_where_it_has_momentum(momentum: float, moved: float) -> None:
    model = nn.Linear(1, 1, bias=False)
    before = model.weight.item()
    optimizer = build_optimizer(config(name="sgd", weight_decay=0.0, momentum=momentum), model)
    model.weight.grad = torch.ones(1, 1)
    optimizer.step()
    assert before - model.weight.item() == pytest.approx(moved, rel=1e-5)


@pytest.mark.parametrize(("max_norm", "expected"), [(None, [3.0, 4.0]), (1.0, [0.6, 0.8]), (10.0, [3.0, 4.0])])
def test_clipping_bounds_the_norm_of_all_gradients_together(max_norm: float | None, expected: list[float]) -> None:
    model = nn.ParameterList([nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))])
    model[0].grad, model[1].grad = torch.tensor([3.0]), torch.tensor([4.0])
    norm = clip_gradients(model, max_norm)
    assert norm.item() == pytest.approx(5.0)
    assert [model[0].grad.item(), model[1].grad.item()] == pytest.approx(expected, rel=1e-4)
