"""The exported model of an earlier commit, asked by onnxruntime: none of its code runs, and no torch is needed."""

from pathlib import Path

from winnow.config import read_section
from winnow.errors import InputError
from winnow.evaluation.batch import Settings, predict_batch
from winnow.evaluation.predictions import Predictions
from winnow.files import write_bytes
from winnow.ingest.config import AddConfig
from winnow.project import Project
from winnow.repository.outputs import read_output_at
from winnow.runtime import MODEL, Runtime
from winnow.verdict.sides.former_model import read_shards

_BATCH_SIZE = 64


def ask_file(project: Project, commit: str, images: Path, work: Path) -> Predictions:
    """Return what `models/onnx/model.onnx` of `commit` says about the files in `images`: as `former_model.ask` does.

    Floats, never int8: those are what `predictions.parquet` holds. Pixels are made as the file says, by today's code.
    Raises InputError where that commit has no such file or it cannot be read, MachineError without onnxruntime.
    """
    found = read_output_at(project, commit, project.onnx / MODEL)
    if found is None:
        raise InputError(f"{commit[:12]} has no {MODEL}", hint="`winnow export` writes it")
    write_bytes(work / MODEL, found.content)
    max_pixels = read_section(project, "add", AddConfig).max_pixels
    settings = Settings(batch_size=_BATCH_SIZE, max_pixels=max_pixels)
    answers = work / "answers"
    predict_batch(Runtime.load(work / MODEL), str(images), answers, settings)
    return read_shards(answers)
