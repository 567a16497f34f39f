from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from winnow.errors import ConfigError
from winnow.training.config import LossConfig
from winnow.training.loss import Loss, balanced_weights, build_loss

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0]])
COUNTS = np.array([6, 3, 1])


def build(folder: Path = Path("custom"), **changes: object) -> Loss:
    content = {"name": "cross_entropy", "label_smoothing": 0.0, "class_weights": "none", "options": {}} | changes
    config = LossConfig.model_validate(content)
    return build_loss(config, class_counts=COUNTS, device=torch.device("cpu"), custom=folder)


def one_hot(*classes: int) -> torch.Tensor:
    return functional.one_hot(torch.tensor(classes), 3).float()


def test_with_hard_targets_it_is_the_usual_cross_entropy() -> None:
    expected = -LOGITS.log_softmax(dim=1)[torch.arange(2), torch.tensor([0, 2])].mean()
    assert torch.allclose(build()(LOGITS, one_hot(0, 2)), expected)


def test_soft_targets_weigh_the_logarithms() -> None:
    targets = torch.tensor([[0.7, 0.3, 0.0], [0.2, 0.2, 0.6]])
    expected = -(targets * LOGITS.log_softmax(dim=1)).sum(dim=1).mean()
    assert torch.allclose(build()(LOGITS, targets), expected)


def test_smoothing_spreads_probability_evenly() -> None:
    smoothed = 0.9 * one_hot(0, 2) + 0.1 / 3
    assert torch.allclose(build(label_smoothing=0.1)(LOGITS, one_hot(0, 2)), build()(LOGITS, smoothed))


def test_balanced_weights_are_inverse_to_the_share_and_average_to_one_over_the_images() -> None:
    weights = balanced_weights(COUNTS)
    assert weights == pytest.approx([10 / 18, 10 / 9, 10 / 3])
    assert (weights * COUNTS).sum() / COUNTS.sum() == pytest.approx(1.0)


def test_a_class_without_training_images_weighs_nothing() -> None:
    assert balanced_weights(np.array([4, 0, 4])).tolist() == [1.0, 0.0, 1.0]


def test_a_rare_class_counts_for_more_when_balanced() -> None:
    plain, balanced = build(), build(class_weights="balanced")
    assert torch.allclose(balanced(LOGITS[:1], one_hot(2)), plain(LOGITS[:1], one_hot(2)) * 10 / 3)


def test_half_precision_logits_are_judged_in_full_precision() -> None:
    assert build()(LOGITS.bfloat16(), one_hot(0, 2)).dtype == torch.float32


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return (logits - targets).square()", r"expected one number .*, got shape \[2, 3\]"),
        ("return 0.5", "expected one number .*, got float"),
        ("return (logits.detach() - targets).square().mean()", "does not depend on the logits"),
    ],
)
def test_a_custom_loss_that_cannot_be_minimised_is_refused(body: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"def loss(logits, targets):\n    {body}\n")
    with pytest.raises(ConfigError, match=message):
        build(tmp_path, name="mine:loss")(LOGITS.clone().requires_grad_(), one_hot(0, 2))


def test_a_custom_loss_gets_logits_targets_and_options(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def loss(logits, targets, power):\n    return (logits - targets).abs().pow(power).sum()\n"
    )
    value = build(tmp_path, name="mine:loss", options={"power": 2})(LOGITS.clone().requires_grad_(), one_hot(0, 2))
    assert value.item() == pytest.approx((LOGITS - one_hot(0, 2)).square().sum().item())


@pytest.fixture
def refuse() -> Callable[..., str]:
    def attempt(**changes: object) -> str:
        with pytest.raises(ValueError, match="Value error") as caught:
            build(**changes)
        return str(caught.value)

    return attempt


def test_keys_that_would_be_ignored_are_refused(refuse: Callable[..., str]) -> None:
    assert "custom loss takes `options`" in refuse(name="mine:loss", label_smoothing=0.1)
    assert "custom loss takes `options`" in refuse(name="mine:loss", class_weights="balanced")
    assert "takes no `options`" in refuse(options={"gamma": 2})
    assert "expected `cross_entropy`" in refuse(name="focal")
