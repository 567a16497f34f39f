import numpy as np
import pytest

from winnow.metrics.classification import Decisions


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def probabilities(generator: np.random.Generator) -> np.ndarray:
    """[200, 6] float32, with ties in the scores."""
    logits = generator.normal(size=(200, 6)).round(1)
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (exponents / exponents.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def targets(probabilities: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """[200], right about half of the time; the last class has no samples."""
    guessed = probabilities[:, :5].argmax(axis=1)
    return np.where(generator.random(200) < 0.5, guessed, generator.integers(5, size=200)).astype(np.int64)


@pytest.fixture
def decisions(probabilities: np.ndarray, targets: np.ndarray) -> Decisions:
    return Decisions(targets, probabilities.argmax(axis=1), 6)
