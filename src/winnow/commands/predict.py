"""`winnow predict`: the most probable classes of images, by the model and the pixels that evaluation used.

`IMAGE…` are answered at once; `--batch` takes any number of images to Parquet files (`evaluation.batch`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from winnow.attestation import require_attested
from winnow.config import read_section
from winnow.errors import ExitCode, UsageError
from winnow.evaluation.config import EvaluateConfig
from winnow.files import sha256_file
from winnow.ingest.config import AddConfig
from winnow.locks import locked
from winnow.models.bundle import DESCRIPTION
from winnow.project import Project
from winnow.project_config import ProjectConfig
from winnow.runtime import Runtime
from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.image_file import read_image_file
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

if TYPE_CHECKING:
    from winnow.evaluation.batch import BatchResult, Model

_MAX_PATH = 40


@dataclass(frozen=True)
class Prediction:
    """What the model says about one file, or why it says nothing."""

    path: Path
    top: list[tuple[str, float]]
    """Class and probability, most probable first; empty where the file was refused."""
    problem: str = ""


@dataclass(frozen=True)
class PredictResult:
    """The predictions in the order of the files."""

    predictions: list[Prediction]

    @property
    def exit_code(self) -> ExitCode:
        """USAGE when any file was refused; the others were answered all the same."""
        return ExitCode.USAGE if any(prediction.problem for prediction in self.predictions) else ExitCode.OK

    def lines(self) -> Iterator[str]:
        """Yield a line a file: its name, then classes with their probabilities."""
        names = [str(prediction.path) for prediction in self.predictions]
        width = min(_MAX_PATH, max(map(len, names)))
        labels = max((len(label) for prediction in self.predictions for label, _ in prediction.top), default=0)
        for name, prediction in zip(names, self.predictions, strict=True):
            cells = [f"{label:<{labels}} {probability:.3f}" for label, probability in prediction.top]
            said = "   ".join(cells) if cells else f"refused: {prediction.problem}"
            yield f"{name:<{width}}   {said}"

    def records(self) -> list[dict[str, Any]]:
        """Return the predictions for `--json`."""
        return [
            {"path": str(prediction.path), "error": prediction.problem}
            if prediction.problem
            else {
                "path": str(prediction.path),
                "top": [{"label": label, "probability": round(value, 6)} for label, value in prediction.top],
            }
            for prediction in self.predictions
        ]


def predict(project: Project, images: Sequence[Path], *, top: int = 3, model: Path | None = None) -> PredictResult:
    """Return the `top` most probable classes of each image file, by the project's bundle or another `model`.

    A file that is no usable image is reported in its place. Raises UsageError without images, InputError without a
    model.
    """
    if not images or top < 1:
        message = "expected at least one image" if not images else f"expected --top of at least 1, got {top}"
        raise UsageError(message, hint="winnow predict picture.png other.jpg --top 3")
    max_pixels = read_section(project, "add", AddConfig).max_pixels
    batch_size = read_section(project, "evaluate", EvaluateConfig).batch_size
    predictor = load_model(model or project.bundle, project.custom)
    predictions: list[Prediction] = []
    for start in range(0, len(images), batch_size):
        paths = images[start : start + batch_size]
        loaded = [_load(path, predictor.spec, max_pixels) for path in paths]
        predictions += _predict_batch(predictor, paths, loaded, top)
    return PredictResult(predictions)


def _load(path: Path, spec: PreprocessSpec, max_pixels: int) -> NDArray[np.uint8] | str:
    """Return the image's pixels, or what is wrong with it."""
    try:
        return preprocess(decode(read_image_file(path, follow_links=True), max_pixels=max_pixels), spec)
    except ImageProblem as problem:
        return f"{problem.check} {problem.message}"


def _predict_batch(
    model: "Model", paths: Sequence[Path], loaded: list[NDArray[np.uint8] | str], top: int
) -> Iterator[Prediction]:
    pixels = [image for image in loaded if not isinstance(image, str)]
    probabilities = iter(model.probabilities(np.stack(pixels)) if pixels else ())
    for path, image in zip(paths, loaded, strict=True):
        if isinstance(image, str):
            yield Prediction(path, [], image)
        else:
            values: NDArray[np.float32] = next(probabilities)
            order = np.argsort(-values, kind="stable")[:top]
            yield Prediction(path, [(model.labels[index], float(values[index])) for index in order])


def load_model(path: Path, custom: Path) -> "Model":
    """Return the model in a bundle's folder, run by torch, or in an exported file, run by onnxruntime.

    One that `winnow pull-model` fetched must be what was registered, else CheckError. Raises as `Predictor.load` and
    `Runtime.load` do.
    """
    require_attested(path.parent if path.is_file() else path)
    return Runtime.load(path) if path.is_file() else _BundleModel(path, custom)


class _BundleModel:
    """A predictor with arrays in and arrays out."""

    def __init__(self, bundle: Path, custom: Path) -> None:
        # An exported file must be answered for where there is no torch.
        from winnow.evaluation.predict import Predictor

        self._predictor = Predictor.load(bundle, custom)
        self.labels = self._predictor.meta.labels
        self.spec = self._predictor.meta.spec
        # The description names the hash of the weights.
        self.identity = sha256_file(bundle / DESCRIPTION)

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        import torch

        return self._predictor.probabilities(torch.from_numpy(pixels))


def predict_many(
    project: Project,
    source: str,
    folder: Path,
    *,
    model: Path | None = None,
    shard_images: int | None = None,
    restart: bool = False,
) -> "BatchResult":
    """Predict all images of a folder, a list or a bucket into Parquet files in `folder`; see `evaluation.batch`.

    Raises UsageError while another run of this project writes into it.
    """
    # A serving image, which answers single pictures, has no pyarrow to write Parquet with.
    from winnow.evaluation.batch import SHARD_IMAGES, Settings, predict_batch

    settings = Settings(
        batch_size=read_section(project, "evaluate", EvaluateConfig).batch_size,
        max_pixels=read_section(project, "add", AddConfig).max_pixels,
        shard_images=SHARD_IMAGES if shard_images is None else shard_images,
    )
    compute = read_section(project, "project", ProjectConfig).compute
    loaded = load_model(model or project.bundle, project.custom)
    folder = folder.absolute()
    with locked(project.batch_lock(folder), f"another winnow predict is writing into {folder}"):
        return predict_batch(loaded, source, folder, settings, compute=compute, restart=restart)
