"""From a bundle to `model.onnx`: pixels in, logits and embeddings out. The same bundle gives the same bytes."""

import io
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from winnow.errors import ConfigError
from winnow.files import write_bytes
from winnow.models.bundle import BundleMeta
from winnow.models.heads import head_parameters
from winnow.runtime import EMBEDDING, INPUT, LOGITS, METADATA, Outputs, ServedModel
from winnow.transforms.normalize import Normalize

_BATCH = "batch"
_EXAMPLES = 2


class Served(nn.Module):
    """The network with its last steps before and behind: pixels uint8 [B, H, W, C] to logits and embeddings.

    The embedding is what the layer of the classes reads (of several such layers, side by side), averaged over places
    or tokens; a network without such a layer gives its logits twice.
    """

    def __init__(self, meta: BundleMeta, model: nn.Module) -> None:
        """`model` is in evaluation mode, on the CPU, its weights as they are in the bundle."""
        super().__init__()
        self.normalize = Normalize(meta.mean, meta.std)
        self.model = model.eval()
        self._seen: list[torch.Tensor] = []
        for name in sorted({each.rpartition(".")[0] for each in head_parameters(model, len(meta.labels))}):
            model.get_submodule(name).register_forward_pre_hook(self._see)

    def _see(self, _layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        self._seen.append(inputs[0])

    @torch.inference_mode()
    def ask(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Return what the network says about `pixels` uint8 [B, size, size, channels], computed by torch."""
        logits, embedding = self(torch.from_numpy(pixels))
        return Outputs(logits.float().numpy(), embedding.float().numpy())

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits [B, K] and embeddings [B, D], float32."""
        self._seen.clear()
        logits = self.model(self.normalize(pixels))
        seen = [_pooled(each) for each in self._seen]
        self._seen.clear()
        # Adding nothing makes it an output of its own: ONNX has no output with two names.
        return logits, torch.cat(seen, dim=1) if seen else logits + 0.0


def _pooled(inputs: torch.Tensor) -> torch.Tensor:
    """Return [B, D] of what a layer read: [B, D], tokens [B, N, D] or places [B, D, H, W]."""
    if inputs.ndim == 4:  # noqa: PLR2004 - batch, channels, height, width
        return inputs.mean(dim=(2, 3))
    return inputs.flatten(1, -2).mean(dim=1) if inputs.ndim > 2 else inputs  # noqa: PLR2004


def describe(meta: BundleMeta, weights_hash: str) -> ServedModel:
    """Return what the exported file will say about itself."""
    return ServedModel(
        spec=meta.spec,
        labels=meta.labels,
        precision="fp32",
        weights_hash=weights_hash,
        data_hash=meta.data_hash,
        code_hash=meta.code_hash,
    )


def write_onnx(path: Path, served: Served, about: ServedModel) -> None:
    """Write the network to `path`, with any number of images a batch and `about` in its metadata.

    Raises ConfigError for a network that cannot be translated.
    """
    shape = (_EXAMPLES, about.spec.size, about.spec.size, about.spec.channels)
    with quiet(), torch.no_grad(), torch.random.fork_rng(devices=[]):
        try:
            program = torch.onnx.export(
                served.eval(),
                (torch.zeros(shape, dtype=torch.uint8),),
                dynamo=True,
                input_names=[INPUT],
                output_names=[LOGITS, EMBEDDING],
                dynamic_shapes={INPUT: {0: torch.export.Dim.DYNAMIC}},
                verbose=False,
            )
        except Exception as error:
            # Whatever the exporter raises is about the network's code.
            raise ConfigError(
                f"the network cannot be exported to ONNX: {_cause(error)}",
                hint="in `forward`, nothing may depend on a tensor's values or on the number of images "
                "(docs/custom.md)",
            ) from error
    assert program is not None, "the exporter returns a program when no file is named"
    write_bytes(path, to_bytes(program.model_proto, about))


def to_bytes(model: onnx.ModelProto, about: ServedModel) -> bytes:
    """Return a model as the bytes of its file, free of what names this machine, with `about` in its metadata."""
    _anonymize(model)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {METADATA: about.to_metadata()})
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _anonymize(model: onnx.ModelProto) -> None:
    """Remove source lines and paths, which exporters leave for debugging, and give the batch a name."""
    graph = model.graph
    names: dict[str, str] = {}
    for holder in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        holder.ClearField("metadata_props")
        holder.ClearField("doc_string")
    for dim in _dims((*graph.input, *graph.output, *graph.value_info)):
        if dim.dim_param:
            names.setdefault(dim.dim_param, _BATCH if not names else f"{_BATCH}_{len(names)}")
            dim.dim_param = names[dim.dim_param]


def _dims(values: Iterable[onnx.ValueInfoProto]) -> Iterator[Any]:
    for value in values:
        yield from value.type.tensor_type.shape.dim


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what exporters and quantizers print and warn about their own business out of the stage's output."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _cause(error: BaseException) -> str:
    """Return the first line of what was raised first."""
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
