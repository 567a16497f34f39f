"""From a name to a network: ours, torchvision's, timm's, or the user's own."""

import difflib
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from winnow.errors import ConfigError
from winnow.models.bundle import Architecture
from winnow.models.heads import adapt_input
from winnow.models.small_cnn import SmallCNN
from winnow.references import is_reference, load_reference

_OURS = {"small_cnn": SmallCNN}
_DRY_BATCH = 2


def build(
    name: str, *, num_classes: int, channels: int, size: int, options: Mapping[str, Any], custom: Path
) -> nn.Module:
    """Return the network `name` with random weights, for images [B, channels, size, size] and logits [B, num_classes].

    `winnow/small_cnn`, `torchvision/NAME`, `timm/NAME`, or `module:function` in `custom`, which is called as
    `function(num_classes=..., channels=..., size=..., **options)`. Weights come from torch's global generator.

    Raises ConfigError for a name that does not exist (with the nearest ones), an option that the network does not
    take, and images of a size that it cannot read.
    """
    wanted = Architecture(name=name, num_classes=num_classes, channels=channels, size=size, options=dict(options))
    family, _, model_name = name.partition("/")
    if is_reference(name):
        model = _from_custom(wanted, custom)
    elif family == "winnow" and model_name in _OURS:
        model = _call(wanted, _OURS[model_name], num_classes=num_classes, channels=channels)
    elif family == "torchvision" and model_name in torchvision_names():
        model = _from_torchvision(wanted, model_name)
    elif family == "timm" and is_timm_name(model_name):
        model = _from_timm(wanted, model_name)
    else:
        raise _unknown(name)
    try_out(model, wanted)
    return model


def _from_custom(wanted: Architecture, custom: Path) -> nn.Module:
    function = load_reference(wanted.name, custom, wanted.options)
    try:
        model = function(num_classes=wanted.num_classes, channels=wanted.channels, size=wanted.size)
    except Exception as error:
        raise ConfigError(
            f"model `{wanted.name}` cannot be made: {type(error).__name__}: {error}",
            hint="it is called as function(num_classes=..., channels=..., size=..., **options)",
        ) from error
    if not isinstance(model, nn.Module):
        raise ConfigError(
            f"model `{wanted.name}`: expected a torch.nn.Module, got {type(model).__name__}",
            hint="return the network itself",
        )
    return model


def _from_torchvision(wanted: Architecture, name: str) -> nn.Module:
    import torchvision

    known: dict[str, Any] = {"num_classes": wanted.num_classes}
    if name.startswith("vit_"):
        known["image_size"] = wanted.size
    elif name.startswith("maxvit"):
        known["input_size"] = (wanted.size, wanted.size)
    elif name in ("googlenet", "inception_v3"):
        # One output, like every other model; and torchvision warns unless told how to draw the weights.
        known |= {"aux_logits": False, "init_weights": True}
    model = _call(wanted, functools.partial(torchvision.models.get_model, name), **known)
    adapt_input(model, wanted.channels)
    return model


def _from_timm(wanted: Architecture, name: str) -> nn.Module:
    import timm

    create = functools.partial(timm.create_model, name)
    known = {"num_classes": wanted.num_classes, "in_chans": wanted.channels}
    try:
        # Networks with a grid of fixed size want to know it; timm has no list of them, the others refuse the word.
        return _call(wanted, create, **known, img_size=wanted.size)
    except ConfigError as error:
        if "img_size" in wanted.options or "img_size" not in error.message:
            raise
        return _call(wanted, create, **known)


def _call(wanted: Architecture, function: Callable[..., nn.Module], **known: Any) -> nn.Module:
    """Call a constructor with what is known and the user's options, which win."""
    try:
        return function(**{**known, **wanted.options})
    except Exception as error:
        # Whatever a library raises while it makes a network, it is about the arguments: they all come from params.yaml.
        raise ConfigError(
            f"model `{wanted.name}` cannot be made for {_images(wanted)}: {error or type(error).__name__}",
            hint="see `model.options` (its keyword arguments) and `prepare.size`",
        ) from error


def try_out(model: nn.Module, wanted: Architecture) -> None:
    """Run two blank images through the network, so that one that cannot read them is refused before any work starts.

    Raises ConfigError; modes and random numbers are as before.
    """
    was_training = model.training
    expected = [_DRY_BATCH, wanted.num_classes]
    # A network may draw numbers even when it is judged; what follows must not depend on this trial.
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        try:
            logits = model.eval()(torch.zeros(_DRY_BATCH, wanted.channels, wanted.size, wanted.size))
        except Exception as error:
            raise ConfigError(
                f"model `{wanted.name}` cannot read {_images(wanted)}: {error}",
                hint="raise `prepare.size` to what the model was made for, or take `winnow/small_cnn` for tiny images",
            ) from error
    model.train(was_training)
    got = list(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
    if got != expected:
        raise ConfigError(
            f"model `{wanted.name}`: expected logits of shape {expected} for {_DRY_BATCH} images, got {got}",
            hint="one number a class and image, before softmax",
        )


def _images(wanted: Architecture) -> str:
    return f"{wanted.size} x {wanted.size} px images with {wanted.channels} channel{'s' * (wanted.channels > 1)}"


@functools.cache
def torchvision_names() -> frozenset[str]:
    """Return the names of torchvision's classification models."""
    import torchvision

    return frozenset(torchvision.models.list_models(module=torchvision.models))


def is_timm_name(name: str) -> bool:
    """Return whether timm knows the architecture, and the weights behind its dot if there is one."""
    import timm

    return timm.is_model(name) and ("." not in name or timm.models.is_model_pretrained(name))


def _unknown(name: str) -> ConfigError:
    import timm

    known = [f"winnow/{own}" for own in _OURS]
    known += [f"torchvision/{model}" for model in sorted(torchvision_names())]
    known += [f"timm/{model}" for model in timm.list_models()]
    same = [model for model in known if model.endswith(f"/{name}")]
    close = same or difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    listed = ", ".join(f"`{model}`" for model in close)
    return ConfigError(
        f"unknown model `{name}`",
        hint=f"did you mean {listed}?" if close else "winnow/small_cnn, torchvision/NAME, timm/NAME or module:function",
    )
