import json
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from winnow.records import NotAvailable
from winnow.verdict.judging.case import Judging
from winnow.verdict.judging.comparison import Judgement, judge
from winnow.verdict.judging.metric_changes import Summaries
from winnow.verdict.record.verdict import Verdict
from winnow.verdict.sides.alignment import Pair

MakePair, MakeJudging = Callable[..., Pair], Callable[..., Judging]
NOTHING = Summaries({}, {})
METRICS = ("accuracy", "balanced_accuracy", "macro_f1", "auroc", "log_loss", "brier")


def test_the_blocks_are_called_as_in_the_verdict() -> None:
    assert set(Judgement.model_fields) <= set(Verdict.model_fields)
    for name, field in Judgement.model_fields.items():
        assert field.annotation == Verdict.model_fields[name].annotation


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_two_models_give_a_record_without_nan(
    make_pair: MakePair, make_judging: MakeJudging, data: st.DataObject
) -> None:
    num = data.draw(st.integers(1, 40))
    num_classes = data.draw(st.integers(1, 5))
    generator = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    sharpness = data.draw(st.sampled_from([0.0, 1.0, 30.0, 500.0]))
    targets = generator.integers(data.draw(st.integers(1, num_classes)), size=num)
    sides = []
    for _ in range(2):
        logits = sharpness * generator.normal(size=(num, num_classes))
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        sides.append(exponents / exponents.sum(axis=1, keepdims=True))
    groups = data.draw(st.sampled_from([0, 1, 2, 7]))
    names = [f"g{code}" for code in generator.integers(groups, size=num)] if groups else [""] * num
    site = [f"s{code}" for code in generator.integers(2, size=num)]
    pair = make_pair(targets, *sides, num_classes=num_classes, groups=names, further={"site": site})
    judging = make_judging(metric=data.draw(st.sampled_from(METRICS)), subgroup_columns=["site"])
    judgement = judge(pair, judging, NOTHING)
    text = json.dumps(judgement.model_dump(mode="json"), allow_nan=False)
    assert Judgement.model_validate_json(text) == judgement
    paired = judgement.paired
    assert paired.both_right + paired.fixed + paired.broken + paired.both_wrong == num
    assert sum(change.support for change in judgement.classes.changes) == num
    assert judgement.outcome.call in ("better", "worse", "equivalent", "inconclusive", "not comparable")


def test_without_a_pair_every_block_says_why(make_judging: MakeJudging) -> None:
    missing = NotAvailable(not_available="the base has no predictions")
    judgement = judge(missing, make_judging(), Summaries({"accuracy": 0.8}, {"accuracy": 0.9, "accuracy_low": 0.85}))
    assert judgement.outcome.call == "not comparable"
    assert (judgement.outcome.base, judgement.outcome.head) == (0.8, 0.9)
    assert [change.name for change in judgement.metrics] == ["accuracy"]
    blocks = ("paired", "classes", "confusions", "flips", "test_set", "calibration")
    assert {getattr(judgement, name).not_available for name in blocks} == {"the base has no predictions"}
    assert judgement.subgroups == []


def test_calibration_leaves_empty_bins_out(make_pair: MakePair, make_judging: MakeJudging) -> None:
    pair = make_pair([0, 0, 1], [0, 1, 1], [0, 0, 1], confidences=[0.5, 0.95, 0.99])
    calibration = judge(pair, make_judging(), NOTHING).calibration
    assert [(each.count, each.accuracy) for each in calibration.base] == [(1, 1.0), (2, 0.5)]
    assert [each.confidence for each in calibration.head] == pytest.approx([0.5, 0.97])


def test_the_same_pair_gives_the_same_record(
    make_pair: MakePair, make_judging: MakeJudging, make_answers: Callable[..., NDArray[np.int64]]
) -> None:
    targets = np.arange(60) % 3
    pair = make_pair(targets, make_answers(targets, 0.7, 3, 0), make_answers(targets, 0.8, 3, 1))
    judging = make_judging(metric="macro_f1")
    assert judge(pair, judging, NOTHING) == judge(pair, judging, NOTHING)


@pytest.mark.slow
def test_a_thousand_classes_take_seconds(
    make_pair: MakePair, make_judging: MakeJudging, make_answers: Callable[..., NDArray[np.int64]]
) -> None:
    """An order of magnitude above what is measured, for a busy machine: a square algorithm would not pass."""
    targets = np.arange(10_000) % 1000
    answers = (make_answers(targets, 0.8, 1000, seed) for seed in (0, 1))
    pair = make_pair(targets, *answers, num_classes=1000)
    start = time.perf_counter()
    judge(pair, make_judging(), NOTHING)
    assert time.perf_counter() - start < 30
