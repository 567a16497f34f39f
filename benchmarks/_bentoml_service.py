"""The same ONNX file behind BentoML: run in an environment of its own, with a process for each core."""

import os
from typing import Any

import bentoml
import numpy as np
import onnxruntime
from PIL import Image


@bentoml.service(workers=2, traffic={"timeout": 60})
class Classifier:
    """One session a worker, with one thread."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        self.size = self.session.get_inputs()[0].shape[1]

    @bentoml.api  # type: ignore[untyped-decorator]
    def predict(self, image: Image.Image) -> dict[str, Any]:
        """Return the best class."""
        picture = image.convert("RGB").resize((self.size, self.size), Image.Resampling.BILINEAR)
        logits = self.session.run(["logits"], {"pixels": np.asarray(picture)[np.newaxis]})[0][0]
        best = int(logits.argmax())
        return {"label": str(best), "logit": float(logits[best])}
