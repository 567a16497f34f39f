from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import ConfigError
from winnow.evaluation.config import MetricConfig
from winnow.evaluation.custom import custom_scores
from winnow.evaluation.predictions import Predictions
from winnow.evaluation.scores import Score
from winnow.stats.bootstrap import Resampling

CODE = """
def right(probabilities, targets, *, scale=1.0):
    return scale * (probabilities.argmax(axis=1) == targets).mean()

def each(probabilities, targets):
    return {"first": probabilities[targets == 0, 0].mean(), "size": len(targets)}

def words(probabilities, targets):
    return "good"

def broken(probabilities, targets):
    return probabilities[:, 99].mean()

def endless(probabilities, targets):
    return float("inf")
"""

Judge = Callable[..., list[Score]]


@pytest.fixture
def judge(predictions: Predictions, tmp_path: Path) -> Judge:
    (tmp_path / "mine.py").write_text(CODE, encoding="utf-8")

    def call(name: str, test: Predictions = predictions, **options: float) -> list[Score]:
        metric = MetricConfig(name=f"mine:{name}", options=options)
        return custom_scores(test, metric, tmp_path, Resampling(200, 0, 0.9))

    return call


def test_a_number_is_called_like_its_function_and_gets_an_interval(judge: Judge, predictions: Predictions) -> None:
    (score,) = judge("right")
    assert score.name == "right"
    assert score.value == pytest.approx(predictions.decisions.accuracy)
    assert score.interval is not None
    assert score.interval.low < score.value < score.interval.high


def test_options_reach_the_function(judge: Judge, predictions: Predictions) -> None:
    (score,) = judge("right", scale=100.0)
    assert score.value == pytest.approx(100 * predictions.decisions.accuracy)


def test_numbers_by_name_keep_their_names(judge: Judge, predictions: Predictions) -> None:
    first, size = judge("each")
    assert (first.name, size.name) == ("each_first", "each_size")
    assert first.interval is not None
    assert size == Score("each_size", float(len(predictions)), None)


def test_groups_are_drawn_whole(judge: Judge, make_predictions: Callable[..., Predictions]) -> None:
    alone = judge("right", make_predictions(groups=4))[0].interval
    together = judge("right", make_predictions())[0].interval
    assert alone != together
    assert judge("right", make_predictions(groups=1))[0].interval is None


def test_the_seed_decides_the_interval(judge: Judge) -> None:
    assert judge("right") == judge("right")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("words", "expected mine:words to return a number, or numbers by name, got str"),
        ("broken", "mine:broken failed: IndexError"),
        ("endless", "endless is inf on the test images"),
        ("riht", "did you mean `right`"),
    ],
)
def test_a_function_that_does_not_fit_is_refused(judge: Judge, name: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        judge(name)
    assert said in str(caught.value)
