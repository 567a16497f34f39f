"""`winnow noise`: train and evaluate the same project with other seeds, and keep how much its metrics vary."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.config import read_section
from winnow.errors import DivergenceError, ExitCode, InputError, MachineError, UsageError, WinnowError
from winnow.evaluation.config import EvaluateConfig
from winnow.files import disk_errors, fresh_folder, read_json, write_json, write_text
from winnow.logs import logger
from winnow.models.config import ModelConfig
from winnow.project import Project
from winnow.training.config import TrainConfig
from winnow.verdict.causes.revision_changes import read_side
from winnow.verdict.causes.sources import read_head
from winnow.verdict.causes.staleness import stale_stages
from winnow.verdict.judging.noise import LEAST_SEEDS, STAGES, NoiseReport, noise_key, spread_over_seeds

_KEY = "key.txt"
_NO_SCORES = ("schema", "confidence", "threshold")
_GRACE_S = 10.0
_AGAIN = "its message is above; run the same command again: finished seeds stay, and training goes on where it stopped"
_ERRORS: dict[int, type[WinnowError]] = {ExitCode.DIVERGED: DivergenceError, ExitCode.MACHINE: MachineError}


@dataclass(frozen=True)
class NoiseResult:
    """What `reports/noise.json` holds now."""

    report: NoiseReport
    path: Path
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        width = max(map(len, self.report.spread))
        level = f"{self.report.confidence:.0%} interval"
        rows = [f"{'':{width}}  deviation  {level}"]
        for name, spread in self.report.spread.items():
            rows.append(f"{name:{width}}  {spread.deviation:9.6f}  {spread.low:.6f} to {spread.high:.6f}")
        return [f"{len(self.report.metrics)} seeds: {', '.join(self.report.metrics)}", *rows, f"{self.path}: commit it"]

    def records(self) -> dict[str, Any]:
        """Return the file's content for `--json`."""
        return self.report.model_dump()


def noise(project: Project, *, num_seeds: int) -> NoiseResult:
    """Train and evaluate `num_seeds` seeds, and write `reports/noise.json`.

    They are the ones after `train.seed`: the shipped model may have been chosen among several, so it says nothing
    about chance. Raises UsageError for fewer than two seeds or when `dvc.lock` is not of today's files, and what a
    seed's step ended with.
    """
    if num_seeds < LEAST_SEEDS:
        raise UsageError(f"expected at least {LEAST_SEEDS} seeds, got {num_seeds}", hint="five tell a little, ten more")
    key = _require_current(project)
    first = read_section(project, "train", TrainConfig).seed + 1
    seeds = range(first, first + num_seeds)
    metrics = {}
    for number, seed in enumerate(seeds, start=1):
        logger.info("seed %d (%d of %d)", seed, number, num_seeds)
        metrics[str(seed)] = _run_seed(project, seed, key)
    confidence = read_section(project, "evaluate", EvaluateConfig).confidence
    spread = spread_over_seeds(metrics, confidence)
    report = NoiseReport(key=key, confidence=confidence, metrics=metrics, spread=spread)
    write_json(project.noise, report.model_dump())
    return NoiseResult(report, project.noise.relative_to(project.root))


def _require_current(project: Project) -> str:
    """Return the key of what is measured: the data, params and code of the model that this commit ships."""
    lock, pipeline, params = read_side(project, read_head(project), "the working tree")
    stale = stale_stages(project, lock, pipeline, params)
    key = noise_key(lock)
    named = [f"{name} ({', '.join(stale[name][:3])})" for name in ("prepare", *STAGES) if name in stale]
    if key is None or named or not project.prepared.is_dir() or not project.labels.is_file():
        raise UsageError(
            f"expected outputs that are up to date, got {'; '.join(named) or 'none here'}",
            hint="run `dvc repro --pull` first: noise is measured around the model that it makes",
        )
    return key


def _run_seed(project: Project, seed: int, key: str) -> dict[str, float]:
    """Return the metrics of one seed: from its folder, if that has finished with the same data, params and code."""
    run = Project(project.scratch / "noise" / f"seed-{seed}")
    mark = run.root / _KEY
    if not mark.is_file() or mark.read_text(encoding="utf-8") != key:
        _lay_out(project, run, seed)
        write_text(mark, key)
    for step in STAGES:
        # A step writes its cost when all else is written.
        if not run.cost(step).is_file():
            _run_step(run, step, seed)
    for heavy in (run.bundle, run.curves, run.prepared):
        shutil.rmtree(heavy, ignore_errors=True)
    return _scores(read_json(run.metrics, hint="winnow noise measures it again when its folder is removed"))


def _lay_out(project: Project, run: Project, seed: int) -> None:
    """Make a project that differs from `project` by its seed alone; no pixel is copied where links are possible."""
    fresh_folder(run.root)
    _write_params(project, run, seed)
    _link_file(project.labels, run.labels)
    for path in sorted(project.prepared.rglob("*")):
        if path.is_file():
            _link_file(path, run.prepared / path.relative_to(project.prepared))
    if project.custom.is_dir():
        shutil.copytree(project.custom, run.custom, ignore=shutil.ignore_patterns("__pycache__"))
    weights = read_section(project, "model", ModelConfig).weights
    if weights and (project.root / weights).is_file():
        place = run.root / weights
        # A path that leads far up would end outside of the scratch folder: there is nothing to link for it.
        if Path(os.path.normpath(place)).is_relative_to(project.scratch):
            _link_file(project.root / weights, place)


def _write_params(project: Project, run: Project, seed: int) -> None:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    content = yaml.load(project.params.read_text(encoding="utf-8-sig"))
    content["train"]["seed"] = seed
    stream = io.StringIO()
    yaml.dump(content, stream)
    write_text(run.params, stream.getvalue())


def _link_file(source: Path, target: Path) -> None:
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source.resolve(), target)
        except OSError:  # another disk, or one that knows no links
            shutil.copyfile(source, target)


def _run_step(run: Project, step: str, seed: int) -> None:
    """Run one step in the seed's project. What it says goes to stderr, as here."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, "-m", "winnow", step], cwd=run.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # From a terminal the step got the same signal and saves where it is; a second one would cut that short.
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
        raise
    if code == ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        error = _ERRORS.get(code, InputError)
        raise error(f"winnow {step} with seed {seed} ended with exit code {code}", hint=_AGAIN)


def _scores(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics themselves: no counts, no ends of intervals."""
    return {
        name: float(value)
        for name, value in metrics.items()
        if isinstance(value, int | float)
        and not name.startswith("num_")
        and not name.endswith(("_low", "_high"))
        and name not in _NO_SCORES
    }
