"""Two pretended models: their answers on the same images, and the rules to judge them by."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from winnow.disclosure import Disclosure
from winnow.evaluation.predictions import Predictions, collect
from winnow.gate_config import GateConfig
from winnow.verdict.judging.case import Judging
from winnow.verdict.record.evidence import TestSet
from winnow.verdict.rules import documented
from winnow.verdict.sides.alignment import Pair

Codes = Sequence[int] | NDArray[np.int64]


def answer(targets: NDArray[np.int64], accuracy: float, num_classes: int, seed: int) -> NDArray[np.int64]:
    """Return the answers of a model that is right so often, and else takes a class for the next one."""
    generator = np.random.default_rng(seed)
    return np.where(generator.random(len(targets)) < accuracy, targets, (targets + 1) % num_classes)


def probabilities_of(answers: Codes, num_classes: int, confidences: Sequence[float] | float) -> NDArray[np.float32]:
    """Return probabilities [N, K]: the answer's confidence, the others share the rest."""
    confidence = np.broadcast_to(np.asarray(confidences, dtype=np.float64), len(answers))
    rest = (1 - confidence) / max(num_classes - 1, 1)
    probabilities = np.repeat(rest[:, None], num_classes, axis=1)
    probabilities[np.arange(len(answers)), answers] = confidence if num_classes > 1 else 1.0
    return probabilities.astype(np.float32)


def pair_of(targets: Codes, base: Codes | NDArray[np.float32], head: Codes | NDArray[np.float32], **more: Any) -> Pair:
    """Return a pair from true classes [N], and answers as codes [N] or as probabilities [N, K]."""
    num_classes = more.get("num_classes", 3)
    num = len(targets)
    classes = [f"class {code:05d}" for code in range(num_classes)]
    columns = {
        "id": [f"{number:020x}" for number in range(num)],
        "split": ["test"] * num,
        "label": [classes[code] for code in targets],
        "group": more.get("groups", [""] * num),
    }
    table = pa.table({**columns, **more.get("further", {})})

    def side(answers: Codes | NDArray[np.float32]) -> Predictions:
        if np.ndim(answers) == 1:
            answers = probabilities_of(answers, num_classes, more.get("confidences", 0.8))
        return collect(table, np.asarray(answers, dtype=np.float32), classes)

    counts = dict.fromkeys(("num_base", "num_head", "num_compared"), num)
    nothing = dict.fromkeys(("only_base", "only_head", "trained_on", "relabelled"), 0)
    test_set = TestSet(**counts, **nothing, rescored=False, notes=[])
    return Pair(side(base), side(head), more.get("added", []), more.get("removed", []), test_set)


def judging_with(*, disclose: Any = "ids", confidence: float = 0.95, **gate: Any) -> Judging:
    config = GateConfig.model_validate(documented(GateConfig).model_dump() | gate)
    return Judging(config, Disclosure(disclose), confidence, bootstrap_samples=400, seed=0, calibration_bins=10)


@pytest.fixture(scope="session")
def make_answers() -> Callable[..., NDArray[np.int64]]:
    return answer


@pytest.fixture(scope="session")
def make_pair() -> Callable[..., Pair]:
    return pair_of


@pytest.fixture(scope="session")
def make_judging() -> Callable[..., Judging]:
    return judging_with
