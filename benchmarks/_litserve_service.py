"""The same ONNX file behind LitServe: run in an environment of its own, with a process for each core."""

import io
import os
import sys
from typing import Any

import litserve
import numpy as np
import onnxruntime
from fastapi import Request
from PIL import Image


class Classifier(litserve.LitAPI):  # type: ignore[misc]  # litserve is not installed where types are checked
    """Decodes in the worker, as its examples do."""

    def setup(self, device: str) -> None:
        """Load the model, one thread a worker."""
        del device
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        self.size = self.session.get_inputs()[0].shape[1]

    def decode_request(self, request: Request) -> np.ndarray:
        """Return the pixels of the form's picture."""
        picture = Image.open(io.BytesIO(request["image"].file.read())).convert("RGB")
        pixels: np.ndarray = np.asarray(picture.resize((self.size, self.size), Image.Resampling.BILINEAR))
        return pixels

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the logits."""
        logits: np.ndarray = self.session.run(["logits"], {"pixels": x[np.newaxis]})[0][0]
        return logits

    def encode_response(self, output: np.ndarray) -> dict[str, Any]:
        """Return the best class."""
        best = int(output.argmax())
        return {"label": str(best), "logit": float(output[best])}


if __name__ == "__main__":
    server = litserve.LitServer(Classifier(), accelerator="cpu", workers_per_device=2, timeout=60)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="error")
