"""Published weights: fetching them, and fitting them to a network with other channels and classes."""

import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from winnow.errors import ConfigError, InputError, MachineError
from winnow.logs import is_interactive, logger
from winnow.models.bundle import Architecture
from winnow.models.heads import RGB, adapt_input_weight, head_parameters

Tensors = dict[str, torch.Tensor]

_MAX_NAMED = 5
_HALF = [0.5] * RGB
# Weights of these two expect pixels in -1..1; torchvision converts inside the network, only for its own downloads.
_CENTRED = ("googlenet", "inception_v3")


def load_pretrained(model: nn.Module, architecture: Architecture, weights: Path | None) -> None:
    """Replace `model`'s random weights by those in the file `weights`, or where None by the library's, downloaded.

    The first convolution is adapted to the channels; a head for other classes is skipped and stays random.

    Raises ConfigError where nothing is published under the name, MachineError where it cannot be downloaded,
    InputError where the file is no state dict or does not fit (naming the tensors).
    """
    if weights is None:
        # The libraries make a network to fill it; their random numbers are none of ours.
        with torch.random.fork_rng(devices=[]):
            tensors = _download(architecture)
    else:
        tensors = read_weights(weights)
    source = f"the published weights of `{architecture.name}`" if weights is None else str(weights)
    _fit(model, _for_this_size(tensors, model, architecture), architecture, source)


def published_normalization(architecture: Architecture) -> tuple[list[float], list[float]]:
    """Return the channel means and deviations, on the scale 0-1, that the published weights were trained with.

    Gray takes the mean over RGB; alpha is centred on one half. Raises ConfigError where nothing is published.
    """
    family, _, name = architecture.name.partition("/")
    if family == "torchvision":
        crop = _torchvision_weights(name).transforms()
        mean, std = (_HALF, _HALF) if name in _CENTRED else (list(crop.mean), list(crop.std))
    elif family == "timm":
        published = _timm_weights(name)
        mean, std = list(published.mean), list(published.std)
    else:
        raise _nothing_published(architecture.name)
    return _for_channels(mean, architecture.channels), _for_channels(std, architecture.channels)


def _for_channels(values: list[float], channels: int) -> list[float]:
    return [sum(values) / len(values)] if channels == 1 else [*values, *[0.5] * (channels - RGB)]


def read_weights(path: Path) -> Tensors:
    """Return the tensors of a `.safetensors` file or of a PyTorch file that holds a state dict.

    Nothing but tensors is ever unpickled. Raises InputError for anything else.
    """
    hint = "a .safetensors file, or torch.save(model.state_dict(), path)"
    if not path.is_file():
        raise InputError(
            f"expected weights in {path}, found nothing", hint="`model.weights` starts in the project folder"
        )
    try:
        content: Any = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path} cannot be read as weights: {reason}", hint=f"expected {hint}") from error
    for key in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not (
        isinstance(content, dict) and content and all(isinstance(value, torch.Tensor) for value in content.values())
    ):
        raise InputError(f"{path}: expected tensors by name, got something else", hint=f"expected {hint}")
    return {str(name).removeprefix("module."): tensor for name, tensor in content.items()}


def _download(architecture: Architecture) -> Tensors:
    family, _, name = architecture.name.partition("/")
    if family == "torchvision":
        published = _torchvision_weights(name)
        with _needs_network(architecture.name, published.url):
            return dict(published.get_state_dict(progress=is_interactive(), check_hash=True))
    if family == "timm":
        import timm

        where = _timm_weights(name)
        with _needs_network(
            architecture.name, f"{where.hf_hub_id} on the Hugging Face hub" if where.hf_hub_id else where.url
        ):
            return dict(timm.create_model(name, pretrained=True).state_dict())
    raise _nothing_published(architecture.name)


def _torchvision_weights(name: str) -> Any:
    import torchvision

    return torchvision.models.get_model_weights(name).DEFAULT


def _timm_weights(name: str) -> Any:
    import timm

    published = timm.get_pretrained_cfg(name)
    if published is None or not published.has_weights:
        raise _nothing_published(f"timm/{name}")
    return published


def _nothing_published(name: str) -> ConfigError:
    return ConfigError(
        f"no weights are published for `{name}`", hint="set `pretrained: false`, or `weights:` to a file of your own"
    )


@contextmanager
def _needs_network(name: str, where: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Each library has its own tree of network errors, and some are no OSError; here it can be nothing else.
        raise MachineError(
            f"the weights of `{name}` cannot be downloaded: {type(error).__name__}: {error}",
            hint=f"download them elsewhere ({where}) and set `model.weights` to the file, or set `pretrained: false`",
        ) from error


def _for_this_size(tensors: Tensors, model: nn.Module, architecture: Architecture) -> Tensors:
    """Resample what depends on the image size (position embeddings), the way the library does."""
    family = architecture.name.partition("/")[0]
    if family == "timm":
        # By timm's convention each family's module has this function for its own `load_pretrained`.
        convert = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
        return tensors if convert is None else convert(tensors, model)
    positions = "encoder.pos_embedding"
    if family == "torchvision" and positions in tensors:
        from torchvision.models.vision_transformer import VisionTransformer, interpolate_embeddings

        assert isinstance(model, VisionTransformer)
        return dict(interpolate_embeddings(model.image_size, model.patch_size, dict(tensors)))
    return tensors


def _fit(model: nn.Module, tensors: Tensors, architecture: Architecture, source: str) -> None:
    expected = model.state_dict()
    heads = head_parameters(model, architecture.num_classes)
    # Counts of batches seen; files older than they are lack them, and nothing that we use reads them.
    needed = {name for name in expected if not name.endswith("num_batches_tracked")} - heads
    if not needed & tensors.keys():
        tensors = _renamed(tensors, expected, heads, source)
    found = {name: _for_input(tensors[name], expected[name]) for name in expected.keys() & tensors.keys()}
    fitting = {name: tensor for name, tensor in found.items() if tensor.shape == expected[name].shape}
    if mismatched := sorted(needed - fitting.keys()):
        named = [f"{name}: expected {_shape(expected, name)}, got {_shape(tensors, name)}" for name in mismatched]
        raise InputError(
            f"{source}: {len(mismatched)} of {len(needed)} tensors do not fit; {_listed(named)}",
            hint=f"they must belong to `{architecture.name}` with its `options`; only the head may differ",
        )
    if not heads <= fitting.keys():
        logger.info("%s: made for other classes; the head starts untrained", source)
        fitting = {name: tensor for name, tensor in fitting.items() if name not in heads}
    if unused := sorted(tensors.keys() - expected.keys()):
        logger.warning("%s: %d tensors have no place: %s", source, len(unused), _listed(unused))
    model.load_state_dict(fitting, strict=False)


def _renamed(tensors: Tensors, expected: Tensors, heads: set[str], source: str) -> Tensors:
    """Return tensors of another implementation of the same network under our names, or as they are.

    State dicts keep the order of definition: where every shape agrees in this order, only the names differ.
    """
    if len(tensors) != len(expected):
        return tensors
    renamed = dict(zip(expected, tensors.values(), strict=True))
    for name, tensor in renamed.items():
        if name not in heads and _for_input(tensor, expected[name]).shape != expected[name].shape:
            return tensors
    logger.warning("%s: other names, but every shape fits in order of definition: taken in this order", source)
    return renamed


def _for_input(tensor: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    """Adapt RGB convolution weights where the network reads other channels; leave anything else as it is."""
    got, wanted = list(tensor.shape), list(expected.shape)
    is_input = tensor.ndim == expected.ndim > 2 and got[1] == RGB != wanted[1] and got[2:] == wanted[2:]  # noqa: PLR2004
    return adapt_input_weight(tensor, wanted[1]) if is_input else tensor


def _shape(tensors: Tensors, name: str) -> str:
    return str(list(tensors[name].shape)) if name in tensors else "nothing"


def _listed(words: list[str]) -> str:
    return "; ".join([*words[:_MAX_NAMED], "..."] if len(words) > _MAX_NAMED else words)
