import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from history import lock_text, write

from winnow.errors import InputError
from winnow.files import write_json
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.verdict.causes.lock_file import parse_lock
from winnow.verdict.judging.noise import NoiseReport, find_noise, noise_key, spread_over_seeds, with_training_noise
from winnow.verdict.record.evidence import Estimate, Noise, Outcome

VALUES = [0.91, 0.93, 0.92, 0.94]


def lock(seed: int = 0, code: str = "1", bundle: str = "b", **train: Any) -> str:
    stages = {
        "prepare": {"deps": {"data": "x"}, "outs": {"data/prepared": "p"}},
        "train": {
            "cmd": "winnow train",
            "deps": {"data/prepared": "p", "code": code},
            "params": {"params.yaml": {"train": {"lr": 0.1, "seed": seed, **train}, "model": {"name": "m"}}},
            "outs": {"models/bundle": bundle},
        },
        "evaluate": {
            "cmd": "winnow evaluate",
            "deps": {"data/prepared": "p", "models/bundle": bundle},
            "params": {"params.yaml": {"evaluate": {"seed": 0}}},
        },
    }
    return lock_text(stages)


def key(text: str) -> str | None:
    return noise_key(parse_lock(text.encode(), "dvc.lock"))


def outcome(low: float | None = -0.01, high: float | None = 0.03, num_groups: int | None = None) -> Outcome:
    return Outcome(
        call="inconclusive",
        reason="",
        metric="accuracy",
        direction="higher",
        base=0.9,
        head=0.91,
        difference=Estimate(value=0.01, low=low, high=high),
        p=0.3,
        alpha=0.05,
        margin=0.01,
        within_margin=False,
        method="",
        num_images=500,
        num_groups=num_groups,
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    write(tmp_path, {"dvc.lock": lock()})
    metrics = {str(seed): {"accuracy": value} for seed, value in enumerate(VALUES, start=1)}
    spread = {name: each.model_dump() for name, each in spread_over_seeds(metrics, 0.95).items()}
    write_json(project.noise, {"key": key(lock()), "confidence": 0.95, "metrics": metrics, "spread": spread})
    return project


def test_the_key_knows_everything_but_the_seed() -> None:
    assert key(lock()) == key(lock(seed=5, bundle="other weights"))
    others = [lock(code="2"), lock(lr=0.2), lock().replace("winnow train", "x"), lock().replace('"p"', '"q"')]
    assert len({key(text) for text in (lock(), *others)}) == 5


def test_without_both_stages_there_is_no_key() -> None:
    assert key("stages: {}") is None
    assert noise_key(parse_lock(None, "x")) is None


def test_the_spread_is_told_beside_the_difference(project: Project) -> None:
    noise = find_noise(project, outcome(), 0.95)
    assert isinstance(noise, Noise)
    assert noise.num_seeds == 4
    assert noise.deviation == pytest.approx(np.std(VALUES, ddof=1))
    assert noise.low < noise.deviation < noise.high
    assert noise.is_current
    assert noise.difference.low is not None
    assert noise.difference.low < -0.01


@pytest.mark.parametrize("text", [lock(code="2"), "stages: {}"])
def test_with_other_code_it_is_no_longer_current(project: Project, text: str) -> None:
    write(project.root, {"dvc.lock": text})
    noise = find_noise(project, outcome(), 0.95)
    assert isinstance(noise, Noise)
    assert not noise.is_current


def test_what_is_missing_is_a_sentence(project: Project) -> None:
    other = find_noise(project, outcome().model_copy(update={"metric": "auroc"}), 0.95)
    none = find_noise(project, outcome().model_copy(update={"difference": None}), 0.95)
    project.noise.unlink()
    missing = find_noise(project, outcome(), 0.95)
    assert isinstance(missing, NotAvailable)
    assert isinstance(other, NotAvailable)
    assert isinstance(none, NotAvailable)
    assert "one seed" in missing.not_available
    assert "auroc" in other.not_available


@pytest.mark.parametrize(
    "change", [{"key": 3}, {"metrics": {"1": {"accuracy": "high"}}}, {"more": 1}, {"schema": 9}, {"confidence": 2}]
)
def test_a_file_with_something_else_is_refused_by_its_name(project: Project, change: dict[str, Any]) -> None:
    content = json.loads(project.noise.read_text(encoding="utf-8"))
    project.noise.write_text(json.dumps(content | change), encoding="utf-8")
    with pytest.raises(InputError, match=r"noise\.json"):
        NoiseReport.read(project)
    assert isinstance(find_noise(project, outcome(), 0.95), NotAvailable)


def test_the_variances_add_up_with_welchs_degrees_of_freedom() -> None:
    # By hand: 0.02 / 1.959964 = 0.0102043 for sampling; 2 x 0.005^2 for two seeds, known from 5.
    # f = (1.04127e-4 + 5e-5)^2 / (5e-5^2 / 4) = 38.0093; t(0.975, f) = 2.024390; sqrt(1.54127e-4) = 0.0124148.
    found = with_training_noise(outcome(), 0.005, 5, 0.95)
    assert found.low is not None
    assert found.high is not None
    assert found.high - 0.01 == pytest.approx(2.024390 * 0.0124148, rel=1e-5)
    assert found.value - found.low == pytest.approx(found.high - found.value)


def test_groups_bring_their_own_degrees_of_freedom() -> None:
    few, many = (with_training_noise(outcome(num_groups=num), 0.005, 5, 0.95) for num in (4, 4000))
    assert few.high is not None
    assert many.high is not None
    # The same interval from few groups means a smaller standard error, but a heavier tail.
    assert few.high != pytest.approx(many.high, rel=1e-3)


@pytest.mark.parametrize("num_groups", [None, 2, 5, 50])
@pytest.mark.parametrize("deviation", [0.0, 1e-6, 1e-3, 0.05])
def test_two_noises_are_never_less_than_one(deviation: float, num_groups: int | None) -> None:
    found = with_training_noise(outcome(low=0.005, num_groups=num_groups), deviation, 10, 0.95)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.005 + 1e-12
    assert found.high >= 0.03 - 1e-12
    if deviation == 0.05:
        assert found.high > 0.1


def test_without_an_interval_there_is_none() -> None:
    assert with_training_noise(outcome(low=None, high=None), 0.005, 5, 0.95) == outcome(low=None, high=None).difference


@pytest.mark.slow
def test_the_interval_covers_the_truth_over_test_sets_and_seeds() -> None:
    generator = np.random.default_rng(0)
    sampling, seeds, num_seeds, repeats = 0.01, 0.006, 5, 1500
    covered = 0
    for _ in range(repeats):
        deviation = float(np.std(generator.normal(0, seeds, num_seeds), ddof=1))
        value = generator.normal(0, math.hypot(sampling, math.sqrt(2) * seeds))
        difference = Estimate(value=value, low=value - 1.959964 * sampling, high=value + 1.959964 * sampling)
        found = with_training_noise(outcome().model_copy(update={"difference": difference}), deviation, num_seeds, 0.95)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert 0.935 <= covered / repeats <= 0.97


def test_only_metrics_that_every_seed_has_are_summarised() -> None:
    spread = spread_over_seeds({"1": {"a": 1.0, "b": 2.0}, "2": {"a": 3.0}}, 0.9)
    assert list(spread) == ["a"]
    assert spread["a"].deviation == pytest.approx(math.sqrt(2))
