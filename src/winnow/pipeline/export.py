"""`winnow export`: the bundle as files that a service runs without torch, compared with it and timed."""

from collections.abc import Mapping
from pathlib import Path

from winnow import cost
from winnow.config import read_section
from winnow.data.prepared import PreparedSplit, open_split
from winnow.disclosure import read_disclosure
from winnow.errors import InputError
from winnow.export import latency, parity
from winnow.export.config import ExportConfig
from winnow.export.examples import export_examples
from winnow.export.onnx import Served, describe, write_onnx
from winnow.export.quantize import calibration_rows, quantize
from winnow.files import fresh_folder, write_json
from winnow.gate_config import read_sensitivity
from winnow.logs import logger
from winnow.models import store
from winnow.models.bundle import BundleMeta, read_description
from winnow.models.placement import make_deterministic
from winnow.project import Project
from winnow.runtime import INT8_MODEL, MODEL, PARITY, Runtime, ServedModel
from winnow.stats.groups import group_samples


def run(project: Project) -> None:
    """Write `models/onnx/`: the model, its int8 form unless that loses too much, and how both compare with the bundle.

    Raises CheckError when the file answers otherwise than the bundle, InputError and ConfigError for what does not fit.
    """
    config = read_section(project, "export", ExportConfig)
    with cost.measured(project, "export") as spent:
        make_deterministic()
        meta, model = store.load(project.bundle, project.custom)
        train, test = (_open(project, meta, name) for name in ("train", "test"))
        folder, served = fresh_folder(project.onnx), Served(meta, model)
        about = describe(meta, read_description(project.bundle)[1])
        write_onnx(folder / MODEL, served, about)
        export_examples(folder, train, read_disclosure(project))
        reason = _quantize(folder, train, about, config) if config.int8 else "not asked for"
        judged = _compare(project, folder, served, test)
        if "int8" in judged and (reason := parity.excess_loss(judged["int8"], config.max_loss)):
            (folder / INT8_MODEL).unlink()
        if reason and config.int8:
            logger.warning("no %s: %s", INT8_MODEL, reason)
        file = MODEL if reason else INT8_MODEL
        records = {name: each.record for name, each in judged.items()}
        write_json(folder / PARITY, {"served": file, "int8_left_out": reason or None, **records})
        parity.require_same(judged["fp32"], config.tolerance)
        paths = {"eager": project.bundle, "fp32": folder / MODEL} | ({} if reason else {"int8": folder / INT8_MODEL})
        trial = latency.Trial(config.batch_sizes, config.threads)
        spent |= {"device": "cpu", "file": file, **latency.measure_all(paths, project.custom, trial)}
    if said := latency.advice(spent["runtimes"]):
        logger.warning(said)
    logger.info("%s answers in %.2f ms (median of single images)", file, spent["latency_p50_ms"])


def _open(project: Project, meta: BundleMeta, name: str) -> PreparedSplit:
    split = open_split(project.prepared, name)
    if (split.meta.labels, split.meta.spec) != (meta.labels, meta.spec):
        raise InputError("the model was trained for other classes or pixels", hint="run `dvc repro`: train is stale")
    return split


def _quantize(folder: Path, train: PreparedSplit, about: ServedModel, config: ExportConfig) -> str:
    """Write the int8 file; return why there is none, or nothing."""
    rows = calibration_rows(len(train), config.calibration_images, config.seed)
    try:
        quantize(folder / MODEL, folder / INT8_MODEL, parity.batches(train, rows), about)
    except InputError as error:
        return error.message
    return ""


def _compare(project: Project, folder: Path, served: Served, test: PreparedSplit) -> Mapping[str, parity.Judged]:
    paths = {"fp32": folder / MODEL, "int8": folder / INT8_MODEL}
    others = {name: Runtime.load(path).outputs for name, path in paths.items() if path.is_file()}
    confidence = 1 - read_sensitivity(project).alpha
    return parity.compare(served.ask, others, test, group_samples(test.groups), confidence)
