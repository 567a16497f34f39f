"""Training noise: how much metrics vary from seed to seed (`reports/noise.json`), beside the noise of sampling."""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from pydantic import Field, ValidationError

from winnow.errors import InputError, WinnowError
from winnow.files import read_json
from winnow.project import PARAMS, Project
from winnow.records import NotAvailable, Number, Record
from winnow.schema import stamp
from winnow.stats.laws import t_quantile
from winnow.stats.spread import deviation_interval
from winnow.verdict.causes.lock_file import LOCK, Lock, parse_lock
from winnow.verdict.record.evidence import Estimate, Noise, Outcome

LEAST_SEEDS = 2
STAGES = ("train", "evaluate")

_SEED = "train.seed"
_HINT = "winnow noise --seeds 5 writes it"
_MISSING = "one seed was trained, so intervals and tests know the noise of sampling only (winnow noise --seeds 5)"


class Spread(Record):
    """The standard deviation of a metric over seeds."""

    deviation: Number
    low: Number
    high: Number


class NoiseReport(Record):
    """`reports/noise.json`: what `evaluate` said of models that differ by their seed alone."""

    key: str
    """Of `noise_key`: data, params and code that the seeds were trained with."""
    confidence: float = Field(gt=0.5, lt=1)
    """Level of the intervals in `spread`."""
    metrics: dict[str, dict[str, Number]]
    """Seed -> metric -> value."""
    spread: dict[str, Spread]
    """Metric -> its standard deviation, for people; what reads this file computes it from `metrics`."""

    def values(self, metric: str) -> list[float]:
        """Return a metric of every seed; empty when one of them has none."""
        found = [row[metric] for row in self.metrics.values() if metric in row]
        return found if len(found) == len(self.metrics) else []

    @classmethod
    def read(cls, project: Project) -> Self:
        """Return the file's content; raises InputError when there is none, or something else."""
        content = {key: value for key, value in read_json(project.noise, hint=_HINT).items() if key not in stamp({})}
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise InputError(f"{project.noise}: {where}: {first['msg']}", hint=_HINT) from None


def spread_over_seeds(metrics: Mapping[str, Mapping[str, float]], confidence: float) -> dict[str, Spread]:
    """Return the standard deviation of each metric that all seeds have, with its chi-square interval."""
    shared = set.intersection(*(set(row) for row in metrics.values()))
    found = {}
    for name in sorted(shared):
        values = np.array([row[name] for row in metrics.values()])
        deviation, (low, high) = deviation_interval(values, confidence)
        found[name] = Spread(deviation=deviation, low=low, high=high)
    return found


def noise_key(lock: Lock) -> str | None:
    """Return 64 hex digits that change with whatever decides a seed's metrics; None where a stage never ran.

    That is all that `train` and `evaluate` were run with (data, code, params, command) but `train.seed`. What `train`
    hands to `evaluate` follows from its inputs, and differs from seed to seed.
    """
    if any(name not in lock.stages for name in STAGES):
        return None
    handed_over = lock.stages["train"].outs
    content = {}
    for name in STAGES:
        stage = lock.stages[name]
        deps = {path: dep.hash for path, dep in stage.deps.items() if path not in handed_over}
        content[name] = [stage.command, deps, _without_seed(stage.params)]
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_seed(params: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    here = {key: value for key, value in params.get(PARAMS, {}).items() if key != _SEED}
    if isinstance(here.get("train"), Mapping):
        here["train"] = {key: value for key, value in here["train"].items() if key != "seed"}
    return {**params, PARAMS: here}


def find_noise(project: Project, outcome: Outcome, confidence: float) -> Noise | NotAvailable:
    """Return the spread of the outcome's metric over seeds, and its difference with both noises in the interval.

    `confidence` is the level of `outcome.difference`. Not available without `reports/noise.json`, when it lacks the
    metric, or when there is no difference.
    """
    if not project.noise.is_file():
        return NotAvailable(not_available=_MISSING)
    try:
        report = NoiseReport.read(project)
        lock_path = project.root / LOCK
        lock = parse_lock(lock_path.read_bytes() if lock_path.is_file() else None, "the working tree")
    except WinnowError as error:
        return NotAvailable(not_available=error.message)
    values = np.array(report.values(outcome.metric))
    if len(values) < LEAST_SEEDS:
        return NotAvailable(not_available=f"{project.noise.name} has no two seeds with the metric {outcome.metric}")
    if outcome.difference is None:
        return NotAvailable(not_available="there is no difference to compare the training noise with")
    deviation, (low, high) = deviation_interval(values, confidence)
    return Noise(
        num_seeds=len(values),
        deviation=deviation,
        low=low,
        high=high,
        difference=with_training_noise(outcome, deviation, len(values), confidence),
        is_current=report.key == noise_key(lock),
    )


def with_training_noise(outcome: Outcome, deviation: float, num_seeds: int, confidence: float) -> Estimate:
    """Return the difference with an interval for another test set and other seeds.

    The variances add up: that of the paired difference over test sets, v1, and v2 = 2 `deviation`^2, for one seed was
    drawn on each side. v1 is read off each limit of the interval that there is, which need not be symmetric, as Zou &
    Donner, Statistics in Medicine 27 (2008) 1693-1702, do. The quantile is Student's t with
    (v1 + v2)^2 / (v1^2 / f1 + v2^2 / f2) degrees of freedom: Welch, Biometrika 34 (1947) 28-35; Satterthwaite,
    Biometrics Bulletin 2 (1946) 110-114. Seeds that are scored on one test set differ by some of its sampling noise
    too, which is counted twice: the interval is rather too wide than too narrow, and never within the former one.
    """
    difference = outcome.difference
    assert difference is not None, "the caller asks for a difference that exists"
    if difference.low is None or difference.high is None:
        return difference
    # Independent images get normal quantiles (stats.intervals.critical_value): their variance counts as known.
    freedom = math.inf if outcome.num_groups is None else outcome.num_groups - 1
    below, above = (
        _widen(width, freedom, deviation, num_seeds, confidence)
        for width in (difference.value - difference.low, difference.high - difference.value)
    )
    return Estimate(value=difference.value, low=difference.value - below, high=difference.value + above)


def _widen(width: float, freedom: float, deviation: float, num_seeds: int, confidence: float) -> float:
    """Return the distance of a limit for both noises, from that for sampling noise, `width`."""
    sampling = (width / float(t_quantile((1 + confidence) / 2, freedom))) ** 2
    seeds = 2 * deviation**2
    if seeds == 0:
        return width
    both = (sampling + seeds) ** 2 / (sampling**2 / freedom + seeds**2 / (num_seeds - 1))
    return max(width, float(t_quantile((1 + confidence) / 2, both) * math.sqrt(sampling + seeds)))
