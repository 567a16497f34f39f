"""The usual service, as course templates and blog posts write it: FastAPI, torch eager, a model loaded at import.

What makes it usual: a form field, `async def` around work that blocks, one image after the other, no limits.
"""

import io
import os
import sys
from pathlib import Path
from typing import Any

import torch
import uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image
from safetensors.torch import load_file
from torchvision import models, transforms

NUM_CLASSES = 10


def create(weights: Path, size: int) -> FastAPI:
    """Return the application for the weights of a ResNet-18."""
    app = FastAPI()
    model = models.resnet18(num_classes=NUM_CLASSES)
    model.load_state_dict(load_file(weights))
    model.eval()
    prepare = transforms.Compose(
        [
            transforms.Resize((size, size)),
            transforms.ToTensor(),
            transforms.Normalize([0.45, 0.45, 0.45], [0.25, 0.25, 0.25]),
        ]
    )

    @app.post("/predict")
    async def predict(image: UploadFile) -> dict[str, Any]:
        picture = Image.open(io.BytesIO(await image.read())).convert("RGB")
        with torch.no_grad():
            probabilities = model(prepare(picture).unsqueeze(0)).softmax(dim=1)[0]
        best = int(probabilities.argmax())
        return {"label": str(best), "probability": float(probabilities[best])}

    return app


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ.get("CORES", "2")))
    uvicorn.run(create(Path(sys.argv[1]), int(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[3]), log_level="error")
