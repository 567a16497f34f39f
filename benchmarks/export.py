"""ONNX and int8 against torch eager on two cores: latency, throughput, memory, size, change of accuracy.

Each network is exported as `winnow export` does it and timed as that stage does, every form in a process of its own:
torch eager (channels last, inference mode), floats in onnxruntime, int8. Rounds alternate between the forms and figures
are medians over them, so that what else the machine does falls on all. Throughput is that of the best batch of 1, 8
and 32.

Change of accuracy: only the small network is trained here (scikit-learn's digits at 16 px). The large ones have random
weights and none to lose: the table says instead how often the top class stays, on patches of noise. That is the harder
test, because the classes of an untrained network lie close together.

Expected: int8 at least 5 times the throughput of eager for ResNet-18 at 224 px, 3 times for the others, on processors
with VNNI; less without (the table says which it was). About 25 minutes; `--trial` takes one round of the two smallest.
"""

import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from _pictures import say

from winnow.export import parity
from winnow.export.latency import Trial, measure
from winnow.export.onnx import Served, describe, write_onnx
from winnow.export.quantize import quantize
from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta
from winnow.models.factory import build
from winnow.runtime import INT8_MODEL, MODEL, Runtime
from winnow.stats.groups import independent
from winnow.transforms.spec import PreprocessSpec

CORES = 2
ROUNDS = 5
FORMS = ("eager", "fp32", "int8")
CONFIDENCE = 0.95
NUM_CLASSES = 10


@dataclass(frozen=True)
class Case:
    """A network at a size, and what int8 should gain in throughput."""

    title: str
    model: str
    size: int
    channels: int = 3
    goal: float = 3.0


CASES = (
    Case("small CNN, 16 px (trained)", "winnow/small_cnn", 16, 1),
    Case("ResNet-18, 64 px", "torchvision/resnet18", 64),
    Case("ResNet-18, 224 px", "torchvision/resnet18", 224, goal=5.0),
    Case("MobileNetV3-large, 224 px", "torchvision/mobilenet_v3_large", 224),
    Case("EfficientNet-B0, 224 px", "timm/efficientnet_b0", 224),
    Case("ViT-tiny, 224 px", "timm/vit_tiny_patch16_224", 224),
)


class Pictures:
    """Images in memory."""

    def __init__(self, pixels: np.ndarray, targets: np.ndarray) -> None:
        self.pixels = pixels
        self.targets: np.ndarray = targets

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """Return the pixels of some of them."""
        gathered: np.ndarray = self.pixels[rows]
        return gathered


def digits() -> Pictures:
    """Return the digits, doubled to 16 px and on the scale of bytes."""
    from sklearn.datasets import load_digits

    data = load_digits()
    pixels = (data.images / 16 * 255).astype(np.uint8).repeat(2, axis=1).repeat(2, axis=2)[..., None]
    return Pictures(pixels, data.target.astype(np.int64))


def noise(case: Case, num_images: int) -> Pictures:
    """Return smooth noise: patches of random colours."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (num_images, 8, 8, case.channels), dtype=np.uint8)
    factor = case.size // 8
    return Pictures(coarse.repeat(factor, axis=1).repeat(factor, axis=2), np.zeros(num_images, dtype=np.int64))


def train(model: torch.nn.Module, served: Served, images: Pictures) -> None:
    """Fit the small network to the images in a few seconds."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(0)
    model.train()
    for _ in range(12):
        for rows in torch.split(torch.randperm(len(images.targets), generator=generator), 64):
            logits = model(served.normalize(torch.from_numpy(images.pixels[rows.numpy()])))
            loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(images.targets[rows.numpy()]))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
            optimizer.step()
    model.eval()


def lay_out(case: Case, folder: Path) -> dict[str, parity.Judged]:
    """Write the bundle and both files; return how these compare with it."""
    torch.manual_seed(0)
    architecture = Architecture(
        name=case.model, num_classes=NUM_CLASSES, channels=case.channels, size=case.size, options={}
    )
    spec: dict[str, Any] = {"size": case.size, "channels": case.channels, "fit": "stretch", "resample": "bilinear"}
    meta = BundleMeta(
        architecture=architecture,
        spec=PreprocessSpec.model_validate({**spec, "alpha": "composite", "background": [255, 255, 255]}),
        mean=[0.45] * case.channels,
        std=[0.25] * case.channels,
        labels=[str(number) for number in range(NUM_CLASSES)],
        params={},
        code_hash="",
        data_hash="",
        versions={},
    )
    model = build(**architecture.model_dump(), custom=folder)
    served = Served(meta, model)
    if case.channels == 1:
        every = digits()
        fit, test = (Pictures(every.pixels[at], every.targets[at]) for at in (np.s_[:1000], np.s_[1000:]))
        train(model, served, fit)
    else:
        fit, test = noise(case, 64), noise(case, 128)
    store.save(folder / "bundle", model, meta)
    about = describe(meta, "")
    write_onnx(folder / MODEL, served, about)
    quantize(folder / MODEL, folder / INT8_MODEL, parity.batches(fit, np.arange(min(64, len(fit.targets)))), about)
    files = {"fp32": folder / MODEL, "int8": folder / INT8_MODEL}
    asks = {name: Runtime.load(path).outputs for name, path in files.items()}
    return parity.compare(served.ask, asks, test, independent(len(test.targets)), CONFIDENCE)


def compare(case: Case, rounds: int) -> list[str]:
    """Return the case's rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        judged = lay_out(case, folder)
        paths = {"eager": folder / "bundle", "fp32": folder / MODEL, "int8": folder / INT8_MODEL}
        seen: dict[str, list[dict[str, Any]]] = {form: [] for form in FORMS}
        for number in range(rounds):
            say(f"{case.title}: round {number + 1} of {rounds}")
            for form in FORMS:
                seen[form].append(measure(paths[form], folder, Trial((8, 32), threads=CORES)))
    eager = median(each["best_batch"]["images_per_s"] for each in seen["eager"])
    return [row(case, form, seen[form], eager, judged.get(form)) for form in FORMS]


def row(case: Case, form: str, seen: list[dict[str, Any]], eager: float, judged: parity.Judged | None) -> str:
    """Return a form's figures: medians over the rounds."""

    def middle(*keys: str) -> float:
        values = []
        for each in seen:
            value: Any = each
            for key in keys:
                value = value[key]
            values.append(float(value))
        return median(values)

    rate = middle("best_batch", "images_per_s")
    batch = seen[0]["best_batch"]["batch_size"]
    goal = f" (goal {case.goal:.0f})" if form == "int8" else ""
    cells = [
        case.title if form == "eager" else "",
        form,
        f"{middle('batch_1', 'p50_ms'):.1f} / {middle('batch_1', 'p95_ms'):.1f} / {middle('batch_1', 'p99_ms'):.1f}",
        f"{rate:,.0f} ({batch})",
        f"{rate / eager:.1f}{goal}",
        f"{middle('cold_start_s'):.1f}",
        f"{middle('peak_rss_bytes') / 1e6:,.0f}",
        f"{middle('bytes') / 1e6:.1f}",
        change(case, judged),
    ]
    return f"| {' | '.join(cells)} |"


def change(case: Case, judged: parity.Judged | None) -> str:
    """Return what became of the accuracy, or of the top class where there is none."""
    if judged is None:
        return ""
    record = judged.record
    if case.channels != 1:
        return f"same class {record['agreement']:.1%}"
    low, high = record["accuracy_change_low"], record["accuracy_change_high"]
    return f"{record['accuracy_change']:+.4f} ({low:+.4f} to {high:+.4f})"


def instructions() -> str:
    """Return which 8-bit instructions the processor has, where the system tells."""
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return "unknown here"
    return "with VNNI" if "vnni" in path.read_text(encoding="utf-8") else "without VNNI"


def main() -> None:
    is_trial = "--trial" in sys.argv
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:CORES]))
    torch.set_num_threads(CORES)
    cases = CASES[:2] if is_trial else CASES
    rows = [line for case in cases for line in compare(case, 1 if is_trial else ROUNDS)]
    print(f"{CORES} cores of a {platform.machine()} processor {instructions()}, torch {torch.__version__}.")
    print("Latency is of single images; memory and start are those of a process that does nothing else.\n")
    heads = ["", "", "p50 / p95 / p99 (ms)", "images/s (batch)", "times eager", "cold start (s)", "memory (MB)"]
    heads += ["size (MB)", "change of accuracy"]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    print("\n".join(rows))
    print("\nOnly the small CNN is trained; the others have random weights and no accuracy to lose.")


if __name__ == "__main__":
    main()
