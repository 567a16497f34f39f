from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from winnow.errors import ConfigError
from winnow.models.factory import build


def make(name: str, *, custom: Path = Path("custom"), **changes: Any) -> nn.Module:
    return build(name, **{"num_classes": 5, "channels": 3, "size": 32, "options": {}, "custom": custom, **changes})


def logits_shape(model: nn.Module, channels: int = 3, size: int = 32) -> tuple[int, ...]:
    with torch.no_grad():
        return tuple(model.eval()(torch.zeros(2, channels, size, size)).shape)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    "name",
    [
        "winnow/small_cnn",
        pytest.param("torchvision/squeezenet1_1", marks=pytest.mark.slow),
        pytest.param("timm/test_resnet", marks=pytest.mark.slow),
        pytest.param("timm/test_vit", marks=pytest.mark.slow),
    ],
)
def test_every_family_reads_gray_rgb_and_rgba(name: str, channels: int) -> None:
    assert logits_shape(make(name, channels=channels), channels) == (2, 5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torchvision/vit_b_32", "timm/test_vit"])
def test_transformers_are_made_for_the_size_of_the_images(name: str) -> None:
    assert logits_shape(make(name, size=64), size=64) == (2, 5)


@pytest.mark.slow
def test_the_users_own_size_for_a_transformer_wins() -> None:
    assert make("timm/test_vit", options={"img_size": 64}).patch_embed.img_size == (64, 64)  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torchvision/googlenet"])
def test_networks_with_auxiliary_heads_give_one_output_when_training(name: str) -> None:
    model = make(name).train()
    assert isinstance(model(torch.zeros(2, 3, 32, 32)), torch.Tensor)


def test_the_seed_decides_the_weights_and_the_trial_draws_nothing() -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        model = make("winnow/small_cnn", options={"drop_rate": 0.5})
        states.append((model.state_dict(), torch.random.get_rng_state()))
    assert all(torch.equal(states[0][0][name], states[1][0][name]) for name in states[0][0])
    assert torch.equal(states[0][1], states[1][1])


def test_a_new_network_is_ready_to_train_and_unmoved_by_the_trial() -> None:
    model = make("winnow/small_cnn")
    assert model.training
    counts = [buffer for name, buffer in model.named_buffers() if name.endswith("num_batches_tracked")]
    assert counts
    assert not any(counts)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("torchvision/resnet81", "`torchvision/resnet18`"),
        ("resnet18", "`torchvision/resnet18`, `timm/resnet18`"),
        ("winnow/small_cn", "`winnow/small_cnn`"),
        ("timm/vit_tiny_patch16_244", "`timm/vit_tiny_patch16_224`"),
        ("timm/vit_tiny_patch16_224.no_such_weights", "`timm/vit_tiny_patch16_224`"),
        ("torchvision/fcn_resnet50", "`torchvision/resnet50`"),
        ("q", "winnow/small_cnn, torchvision/NAME"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, suggestion: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown model `{name}`") as caught:
        make(name)
    assert suggestion in caught.value.hint


@pytest.mark.slow
@pytest.mark.parametrize("name", ["winnow/small_cnn", "torchvision/squeezenet1_1", "timm/test_resnet"])
def test_an_option_that_a_network_does_not_take_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="colour_depth") as caught:
        make(name, options={"colour_depth": 3})
    assert "model.options" in caught.value.hint


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("torchvision/alexnet", 16), ("torchvision/maxvit_t", 64)])
def test_images_of_a_size_that_a_network_cannot_read_are_refused(name: str, size: int) -> None:
    with pytest.raises(ConfigError, match=f"{size} x {size} px images with 3 channels") as caught:
        make(name, size=size)
    assert "prepare.size" in caught.value.hint


def write(folder: Path, body: str) -> Path:
    (folder / "mine.py").write_text(
        f"from torch import nn\ndef build(*, num_classes, channels, size, depth=1):\n    {body}\n", encoding="utf-8"
    )
    return folder


def test_a_model_of_the_users_own_is_called_with_what_it_must_know(tmp_path: Path) -> None:
    custom = write(tmp_path, "return nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, num_classes))")
    assert logits_shape(make("mine:build", custom=custom, channels=4), channels=4) == (2, 5)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('no such depth')", "cannot be made: ValueError: no such depth"),
        ("return num_classes", "expected a torch.nn.Module, got int"),
        ("return nn.Flatten()", r"expected logits of shape \[2, 5\] for 2 images, got \[2, 3072\]"),
        ("return nn.LSTM(32, 5)", "cannot read 32 x 32 px images"),
    ],
)
def test_a_model_of_the_users_own_that_does_not_work_is_explained(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make("mine:build", custom=write(tmp_path, body))


def test_an_option_that_the_users_own_model_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="takes no option `dept`") as caught:
        make("mine:build", custom=write(tmp_path, "return nn.Flatten()"), options={"dept": 2})
    assert "`depth`" in caught.value.hint
