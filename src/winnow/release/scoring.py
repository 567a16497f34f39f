"""Exported files asked again about the images of a commit, beside what that commit recorded of its model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.errors import CheckError, InputError
from winnow.evaluation.predictions import Predictions, collect
from winnow.evaluation.scores import built_in_scores, split_reliability
from winnow.files import sha256_file
from winnow.models.bundle import WEIGHTS, read_description
from winnow.project import Project
from winnow.release.pixels import read_pixels
from winnow.release.record import Answered
from winnow.runtime import INT8_MODEL, MODEL, Runtime, softmax
from winnow.stats.paired import paired_share_interval
from winnow.verdict.judging.case import Judging
from winnow.verdict.record.evidence import Estimate

_HINT = "`winnow export` writes it; `dvc push` brings it into the remote"
_ROUNDING = 1e-5
"""Probabilities are stored as float32, and metrics with six digits."""


@dataclass(frozen=True)
class Exported:
    """The exported files of a model, loaded. The last one is what a service answers with."""

    runtimes: dict[str, Runtime]
    """By file name."""

    @property
    def served(self) -> str:
        """The name of the file that is served."""
        return list(self.runtimes)[-1]

    @property
    def runtime(self) -> Runtime:
        """That file."""
        return self.runtimes[self.served]


@dataclass(frozen=True)
class Answers:
    """What each file said about the same images."""

    by_file: dict[str, Predictions]
    scale: float
    """The largest logit of `model.onnx`, at least 1."""


def load_exported(folder: Path) -> Exported:
    """Return the exported files of a model's folder (`bundle/`, `onnx/`).

    Raises InputError without `onnx/model.onnx`, or for a damaged one; CheckError where they were not made from this
    bundle.
    """
    meta, weights_hash = read_description(folder / "bundle")
    if sha256_file(folder / "bundle" / WEIGHTS) != weights_hash:
        raise CheckError(f"bundle/{WEIGHTS} is not what bundle.json describes", hint="run `dvc repro train`, and push")
    if not (folder / "onnx" / MODEL).is_file():
        raise InputError(f"the model has no onnx/{MODEL}, which is what is served", hint=_HINT)
    paths = [path for name in (MODEL, INT8_MODEL) if (path := folder / "onnx" / name).is_file()]
    runtimes = {path.name: Runtime.load(path) for path in paths}
    for name, runtime in runtimes.items():
        about = runtime.meta
        if (about.weights_hash, about.labels, about.spec) != (weights_hash, meta.labels, meta.spec):
            raise CheckError(f"onnx/{name} was made from another bundle", hint="run `dvc repro export`, and push")
    return Exported(runtimes)


def ask_all(project: Project, commit: str, exported: Exported, images: pa.Table) -> Answers:
    """Return what each file says about `images` (text columns id, label, group …), all of them.

    Errors as `read_pixels` and `Runtime.outputs`.
    """
    ids: list[str] = []
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in exported.runtimes}
    scale = 1.0
    for batch in read_pixels(project, commit, images["id"].to_pylist(), exported.runtime.spec):
        ids += batch.ids
        for name, runtime in exported.runtimes.items():
            logits = runtime.outputs(batch.pixels).logits
            scale = max(scale, float(np.abs(logits).max())) if name == MODEL else scale
            found[name].append(softmax(logits))
    table = images.take(pc.index_in(pa.array(ids, pa.string()), value_set=images["id"].combine_chunks()))
    labels = exported.runtime.labels
    return Answers({name: collect(table, np.concatenate(each), labels) for name, each in found.items()}, scale)


def compare(recorded: Predictions, answers: Answers, confidence: float) -> list[Answered]:
    """Return how each file's answers differ from the recorded ones, about the same images.

    Raises CheckError where they are about other classes.
    """
    return [_compare(recorded, name, each, confidence) for name, each in answers.by_file.items()]


def _compare(recorded: Predictions, name: str, answered: Predictions, confidence: float) -> Answered:
    before = recorded.probabilities[:, _columns(recorded.classes, answered.classes)]
    now = answered.probabilities
    was, top = before.argmax(axis=1), now.argmax(axis=1)
    targets = answered.targets
    change = (top == targets).astype(np.int64) - (was == targets)
    interval = paired_share_interval(change, recorded.groups, confidence)
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Answered(
        file=name,
        precision="int8" if name == INT8_MODEL else "fp32",
        max_difference=float(np.abs(now.astype(np.float64) - before).max(initial=0.0)),
        agreement=float(np.mean(top == was)),
        accuracy_change=Estimate(value=float(change.mean()), low=low, high=high),
    )


def _columns(recorded: Sequence[str], wanted: Sequence[str]) -> list[int]:
    place = {name: number for number, name in enumerate(recorded)}
    if place.keys() != set(wanted):
        raise CheckError("the recorded predictions are about other classes than the model", hint="run `dvc repro`")
    return [place[name] for name in wanted]


def allowed_difference(tolerance: float, scale: float) -> float:
    """Return how far probabilities may differ where logits may by `tolerance` times the largest one.

    With every logit moved by at most d, a probability p moves by at most p (1 - p) 2 d <= d / 2: the softmax's
    derivative is p_i (delta_ij - p_j), and the mean value theorem does the rest.
    """
    return tolerance * scale / 2 + _ROUNDING


def require_parity(answered: Answered, scale: float, tolerance: float, max_loss: float) -> str:
    """Return what was found of a file's answers. Raises CheckError when it is not what was recorded."""
    said = (
        f"probabilities differ by at most {answered.max_difference:.2g}, the top class agrees on "
        f"{answered.agreement:.2%} of the images"
    )
    if answered.precision == "fp32":
        allowed = allowed_difference(tolerance, scale)
        # Written so that a NaN fails.
        if not answered.max_difference <= allowed:
            raise CheckError(
                f"{answered.file} does not answer as recorded: {said}; {allowed:.2g} is allowed (export.tolerance)",
                hint="the file, the images or the predictions are not those of one run: `dvc repro`, and push all",
            )
        return f"{answered.file}: {said}"
    change = answered.accuracy_change
    if change.low is None or not change.low > -max_loss:
        worst = "cannot be known" if change.low is None else f"is {change.low:+.4f}"
        raise CheckError(
            f"{answered.file} loses accuracy: it changes by {change.value:+.4f}, the worst end {worst}, and "
            f"{max_loss:g} is allowed (export.max_loss)",
            hint="export.int8: false serves floats",
        )
    return f"{answered.file}: {said}, accuracy changes by {change.value:+.4f}"


def metrics_of(predictions: Predictions, judging: Judging) -> dict[str, Estimate]:
    """Return every built-in metric with its interval."""
    rel = split_reliability(predictions, judging.calibration_bins)
    scores = built_in_scores(predictions, rel, judging.resampling)
    return {
        score.name: Estimate(
            value=score.value,
            low=score.interval.low if score.interval else None,
            high=score.interval.high if score.interval else None,
        )
        for score in scores
    }


def require_recorded(recorded: Mapping[str, object], metrics: Mapping[str, Estimate], primary: str) -> str:
    """Return what was found of `metrics.json` beside the metrics of the recorded predictions.

    Raises CheckError where the accuracy or the primary metric is missing or another one. Of others, whose definition
    may have changed since, a difference is told.
    """
    other = [name for name, each in metrics.items() if not _is_same(recorded.get(name), each.value)]
    wrong = [name for name in dict.fromkeys(("accuracy", primary)) if name in other or name not in metrics]
    if wrong:
        told = ", ".join(f"{name} {recorded.get(name)!r}" for name in wrong)
        raise CheckError(
            f"reports/metrics.json says {told}, which the recorded predictions do not give",
            hint="run `dvc repro evaluate`, and commit both",
        )
    differing = [name for name in other if name in recorded]
    more = f"; others are defined otherwise today: {', '.join(differing)}" if differing else ""
    return f"reports/metrics.json is what the recorded predictions give{more}"


def _is_same(recorded: object, value: float) -> bool:
    is_number = isinstance(recorded, int | float) and not isinstance(recorded, bool)
    return is_number and bool(np.isclose(float(recorded), value, rtol=0, atol=_ROUNDING))  # type: ignore[arg-type]
