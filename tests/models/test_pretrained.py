from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from winnow.errors import ConfigError, InputError, MachineError
from winnow.models.bundle import Architecture
from winnow.models.factory import build
from winnow.models.pretrained import load_pretrained, published_normalization, read_weights

CUSTOM = Path("custom")


def architecture(name: str = "winnow/small_cnn", **changes: Any) -> Architecture:
    fields = {"name": name, "num_classes": 5, "channels": 3, "size": 32, "options": {}}
    return Architecture.model_validate({**fields, **changes})


def make(wanted: Architecture, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return build(**wanted.model_dump(), custom=CUSTOM)


def publish(path: Path, wanted: Architecture) -> dict[str, torch.Tensor]:
    """Save a network's weights as their owner would, and return them."""
    state = make(wanted, seed=1).state_dict()
    torch.save(state, path)
    return state


def test_weights_for_the_same_classes_are_taken_whole(tmp_path: Path) -> None:
    published = publish(tmp_path / "w.pth", architecture())
    model = make(architecture())
    load_pretrained(model, architecture(), tmp_path / "w.pth")
    assert all(torch.equal(tensor, published[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("channels", [1, 4])
def test_other_channels_are_adapted_and_another_head_stays_untrained(tmp_path: Path, channels: int) -> None:
    published = publish(tmp_path / "w.pth", architecture(num_classes=1000))
    wanted = architecture(channels=channels)
    model = make(wanted)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    load_pretrained(model, wanted, tmp_path / "w.pth")
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    head = {name for name, tensor in before.items() if tensor.shape[:1] == (5,)}
    assert head
    assert not head & changed
    first = next(name for name, tensor in published.items() if tensor.ndim == 4 and tensor.shape[1] == 3)
    expected = published[first].sum(dim=1, keepdim=True) if channels == 1 else published[first]
    torch.testing.assert_close(model.state_dict()[first][:, : expected.shape[1]], expected)


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "w.safetensors")
    assert torch.equal(read_weights(tmp_path / "w.safetensors")["a"], torch.ones(2))


@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_a_training_checkpoint_around_the_weights_is_opened(tmp_path: Path, key: str) -> None:
    torch.save({key: {"module.a": torch.ones(2)}, "epoch": 3}, tmp_path / "w.pth")
    assert list(read_weights(tmp_path / "w.pth")) == ["a"]


def test_a_missing_file_says_where_its_path_starts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found nothing") as caught:
        read_weights(tmp_path / "w.pth")
    assert "project folder" in caught.value.hint


def test_nothing_but_tensors_is_ever_unpickled(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "whole_model.pth")
    with pytest.raises(InputError, match="cannot be read as weights") as caught:
        read_weights(tmp_path / "whole_model.pth")
    assert "state_dict" in caught.value.hint


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize("content", [b"", b"<html>404</html>"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as weights"):
        read_weights(tmp_path / name)


@pytest.mark.parametrize("content", [[torch.ones(2)], {"a": 3}, {}])
def test_a_file_without_named_tensors_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(InputError, match="expected tensors by name"):
        read_weights(tmp_path / "w.pth")


def test_weights_of_another_network_are_refused_by_name_and_shape(tmp_path: Path) -> None:
    published = publish(tmp_path / "w.pth", architecture())
    name = next(iter(published))
    torch.save({**published, name: torch.zeros(1, 2)}, tmp_path / "w.pth")
    with pytest.raises(InputError, match=rf"1 of \d+ tensors do not fit; {name}: expected \[.*\], got \[1, 2\]"):
        load_pretrained(make(architecture()), architecture(), tmp_path / "w.pth")
    torch.save({"conv.weight": torch.zeros(3)}, tmp_path / "w.pth")
    with pytest.raises(InputError, match=r"got nothing; .*\.\.\."):
        load_pretrained(make(architecture()), architecture(), tmp_path / "w.pth")


def test_weights_that_have_no_place_are_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    published = publish(tmp_path / "w.pth", architecture())
    torch.save({**published, "aux.weight": torch.ones(2)}, tmp_path / "w.pth")
    load_pretrained(make(architecture()), architecture(), tmp_path / "w.pth")
    assert "1 tensors have no place: aux.weight" in caplog.text


def test_another_implementations_names_are_mapped_where_every_shape_agrees_in_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    published = publish(tmp_path / "w.pth", architecture(num_classes=9))
    renamed = {f"_layer{index}": tensor for index, tensor in enumerate(published.values())}
    torch.save(renamed, tmp_path / "w.pth")
    wanted = architecture(channels=1)
    model = make(wanted)
    load_pretrained(model, wanted, tmp_path / "w.pth")
    assert "taken in this order" in caplog.text
    last_norm = [name for name in published if name.endswith("running_var")][-1]
    assert torch.equal(model.state_dict()[last_norm], published[last_norm])
    swapped = dict(reversed(renamed.items()))
    torch.save(swapped, tmp_path / "w.pth")
    with pytest.raises(InputError, match="do not fit"):
        load_pretrained(make(wanted), wanted, tmp_path / "w.pth")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["timm/test_vit", "torchvision/vit_b_32"])
def test_position_embeddings_are_resampled_to_the_size_of_the_images(tmp_path: Path, name: str) -> None:
    publish(tmp_path / "w.pth", architecture(name, size=96, num_classes=7))
    wanted = architecture(name, size=64, channels=1)
    model = make(wanted)
    load_pretrained(model, wanted, tmp_path / "w.pth")
    with torch.no_grad():
        assert model.eval()(torch.zeros(1, 1, 64, 64)).shape == (1, 5)


@pytest.mark.slow
def test_published_weights_that_cannot_be_downloaded_say_where_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_network(*args: object, **kwargs: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr("torch.hub.urlopen", no_network)
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    wanted = architecture("torchvision/squeezenet1_1")
    with pytest.raises(MachineError, match="cannot be downloaded: URLError") as caught:
        load_pretrained(make(wanted), wanted, None)
    assert "squeezenet1_1" in caught.value.hint
    assert "model.weights" in caught.value.hint


@pytest.mark.slow
def test_timm_offline_is_told_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    import timm

    def offline(*args: object, **kwargs: object) -> None:
        raise FileNotFoundError("not in the local cache")

    wanted = architecture("timm/test_resnet")
    model = make(wanted)
    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(MachineError, match="not in the local cache") as caught:
        load_pretrained(model, wanted, None)
    assert "timm/test_resnet" in caught.value.hint


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torchvision/squeezenet1_1", "timm/test_resnet"])
def test_downloaded_weights_are_loaded_and_leave_the_random_state_alone(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import timm
    import torchvision

    published = make(architecture(name, num_classes=1000), seed=1)
    state = published.state_dict()
    weights = type(torchvision.models.get_model_weights("squeezenet1_1").DEFAULT)
    monkeypatch.setattr(weights, "get_state_dict", lambda *args, **kwargs: state)
    wanted = architecture(name)
    model = make(wanted)
    monkeypatch.setattr(timm, "create_model", lambda *args, **kwargs: torch.rand(3) is not None and published)
    before = torch.random.get_rng_state()
    load_pretrained(model, wanted, None)
    assert torch.equal(torch.random.get_rng_state(), before)
    first = next(iter(state))
    assert torch.equal(model.state_dict()[first], state[first])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["winnow/small_cnn", "timm/resnet10t_nothing", "examples:patch_mixer"])
def test_a_network_without_published_weights_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"no weights are published for `{name}`") as caught:
        load_pretrained(nn.Linear(2, 5), architecture(name), None)
    assert "pretrained: false" in caught.value.hint
    with pytest.raises(ConfigError, match="no weights are published"):
        published_normalization(architecture(name))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "channels", "mean", "std"),
    [
        ("torchvision/resnet18", 3, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ("torchvision/resnet18", 1, [0.449], [0.226]),
        ("timm/vit_tiny_patch16_224", 4, [0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]),
        ("timm/resnet18.a1_in1k", 4, [0.485, 0.456, 0.406, 0.5], [0.229, 0.224, 0.225, 0.5]),
        ("torchvision/inception_v3", 3, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
    ],
)
def test_published_means_and_deviations_fit_the_channels(
    name: str, channels: int, mean: list[float], std: list[float]
) -> None:
    got = published_normalization(architecture(name, channels=channels))
    assert got == (pytest.approx(mean), pytest.approx(std))
