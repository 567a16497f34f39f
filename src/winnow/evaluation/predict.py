"""From a bundle and pixels to probabilities: exact, in fp32, the same on every run."""

from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from winnow.data.loader import Loader, Source
from winnow.errors import DivergenceError
from winnow.logs import progress
from winnow.models import placement, store
from winnow.models.bundle import BundleMeta
from winnow.transforms.normalize import Normalize


class Predictor:
    """A trained model on its device.

    Always fp32, whatever it was trained in: these are the numbers that an exported model serves, and bf16 outputs are
    so coarse that many scores tie.
    """

    def __init__(self, meta: BundleMeta, model: nn.Module, device: torch.device) -> None:
        self.meta = meta
        self.device = device
        self._model = placement.place(model, device).eval()
        self._normalize = Normalize(meta.mean, meta.std).to(device)

    @classmethod
    def load(cls, bundle: Path, custom: Path) -> Self:
        """Return the model in the folder `bundle`, on the best device there is.

        Raises InputError where there is none, FormatError for another schema, ConfigError for a model of the user's own
        that is not in `custom`.
        """
        placement.make_deterministic()
        meta, model = store.load(bundle, custom)
        return cls(meta, model, placement.choose_device("auto"))

    @torch.inference_mode()
    def probabilities(self, pixels: torch.Tensor) -> NDArray[np.float32]:
        """Return the softmax of the model's outputs, [B, K], for `pixels` uint8 [B, size, size, channels].

        Raises DivergenceError for an output that is not finite.
        """
        logits = self._model(self._normalize(pixels.to(self.device)))
        values: NDArray[np.float32] = logits.float().softmax(dim=1).cpu().numpy()
        if not np.isfinite(values).all():
            raise DivergenceError("the model's outputs are not finite", hint="train again with a lower learning rate")
        return values


def predict_split(predictor: Predictor, source: Source, *, batch_size: int, name: str) -> NDArray[np.float32]:
    """Return the probabilities of every image of a split, [N, K], in its order. Nothing is padded or repeated."""
    loader = Loader(source, batch_size=batch_size)
    probabilities = np.empty((loader.num_images, len(predictor.meta.labels)), dtype=np.float32)
    done = 0
    with progress(f"evaluate: {name}", loader.num_images, "images") as advance:
        for batch in loader.epoch():
            values = predictor.probabilities(batch.pixels)
            probabilities[done : done + len(values)] = values
            done += len(values)
            advance(len(values))
    return probabilities
