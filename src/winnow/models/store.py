"""Saving a trained network and loading it on any system: safetensors and JSON, never a pickle."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from winnow.errors import InputError
from winnow.files import replacing, sha256_file
from winnow.models.bundle import WEIGHTS, BundleMeta, installed_versions, read_description, write_description
from winnow.models.factory import build

_HINT = "run `dvc repro train`, or `dvc pull` the bundle again"
_MAX_NAMED = 3


def save(folder: Path, model: nn.Module, meta: BundleMeta) -> None:
    """Write `model` and its description into `folder`. The same weights give the same bytes.

    Each file is replaced at once and the description, written last, names its weights by their hash: a kill in
    between leaves a bundle that `load` refuses, not one that lies.
    """
    # Contiguous: memory order (channels last) is the trainer's business. Cloned: weights that are shared in memory
    # are stored twice, so that loading needs no knowledge of the sharing.
    tensors = {
        name: tensor.detach().to("cpu").contiguous().clone(memory_format=torch.contiguous_format)
        for name, tensor in model.state_dict().items()
    }
    with replacing(folder / WEIGHTS) as temporary:
        # One metadata key only: the format's writer puts several into random order.
        save_file(tensors, temporary, metadata={"format": "pt"})
    write_description(folder, meta, sha256_file(folder / WEIGHTS))


def load(folder: Path, custom: Path) -> tuple[BundleMeta, nn.Module]:
    """Return the description and the network, on the CPU and in evaluation mode.

    Raises InputError for a missing, damaged or mismatched bundle, FormatError for another schema, and ConfigError
    when the architecture cannot be built here.
    """
    meta, weights_hash = read_description(folder)
    tensors = _read_weights(folder / WEIGHTS, weights_hash)
    with torch.random.fork_rng(devices=[]):
        model = build(**meta.architecture.model_dump(), custom=custom)
    _require_same_shapes(model, tensors, meta, folder)
    model.load_state_dict(tensors)
    return meta, model.eval()


def _read_weights(path: Path, weights_hash: str) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise InputError(f"expected {path}, found nothing", hint=_HINT)
    got = sha256_file(path)
    if got != weights_hash:
        raise InputError(
            f"{path}: expected the weights with SHA-256 {weights_hash[:12]}..., got {got[:12]}...",
            hint=f"the file is damaged or belongs to another bundle.json; {_HINT}",
        )
    try:
        return load_file(path)
    except SafetensorError as error:
        raise InputError(f"{path} is not a safetensors file: {error}", hint=_HINT) from error


def _require_same_shapes(model: nn.Module, tensors: dict[str, torch.Tensor], meta: BundleMeta, folder: Path) -> None:
    expected = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    got = {name: list(tensor.shape) for name, tensor in tensors.items()}
    differing = [name for name in sorted(expected.keys() | got.keys()) if expected.get(name) != got.get(name)]
    if differing:
        named = "; ".join(f"{name}: {expected.get(name)} and {got.get(name)}" for name in differing[:_MAX_NAMED])
        then, now = meta.versions, installed_versions()
        changed = ", ".join(f"{name} {then.get(name)} (now {now[name]})" for name in now if then.get(name) != now[name])
        raise InputError(
            f"{folder}: {len(differing)} tensors of `{meta.architecture.name}` differ here and in the bundle: {named}",
            hint=f"it was made with {changed}: install that"
            if changed
            else "has the model's code changed? train again",
        )
