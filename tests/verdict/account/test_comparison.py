from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from winnow.markup.text import to_text
from winnow.records import NotAvailable
from winnow.verdict.account.comparison import comparison_blocks
from winnow.verdict.judging.case import Judging
from winnow.verdict.judging.comparison import Judgement, judge
from winnow.verdict.judging.metric_changes import Summaries
from winnow.verdict.sides.alignment import Pair

Judge = Callable[..., Judgement]
TARGETS = np.arange(60) % 3


@pytest.fixture
def judged(
    make_pair: Callable[..., Pair],
    make_answers: Callable[..., NDArray[np.int64]],
    make_judging: Callable[..., Judging],
) -> Judge:
    """Return a function that judges a model of some accuracy against a perfect one."""

    def make(accuracy: float, **more: object) -> Judgement:
        head = make_answers(TARGETS, accuracy, 3, 0)
        return judge(make_pair(TARGETS, TARGETS, head, **more), make_judging(), Summaries({}, {}))

    return make


def test_one_row_tells_the_call_on_each_contender(judged: Judge) -> None:
    calls, *metrics = comparison_blocks("main", {"worse": judged(0.5), "same": judged(1.0)})
    rows = to_text([calls])
    assert rows[0] == "Against: main, by accuracy"
    assert [row.split()[0] for row in rows[2:4]] == ["worse", "same"]
    assert "worse  worse" in rows[2]
    assert "inconclusive" in rows[3]
    assert "too few test images" in rows[3]
    assert [to_text([block])[0] for block in metrics] == ["Metrics of: worse", "Metrics of: same"]


def test_groups_are_counted_where_images_share_them(judged: Judge) -> None:
    groups = [f"group {number // 3}" for number in range(60)]
    text = "\n".join(to_text(comparison_blocks("main", {"topic": judged(0.5, groups=groups)})))
    assert "60 (20 groups)" in text


def test_what_cannot_be_compared_has_a_reason_and_no_table(make_judging: Callable[..., Judging]) -> None:
    missing = NotAvailable(not_available="main and topic share no test image")
    judgement = judge(missing, make_judging(), Summaries({}, {}))
    blocks = comparison_blocks("main", {"topic": judgement})
    assert len(blocks) == 1
    assert "not comparable" in to_text(blocks)[2]
    assert "share no test image" in to_text(blocks)[2]


def test_recorded_metrics_stand_side_by_side_without_a_difference(make_judging: Callable[..., Judging]) -> None:
    missing = NotAvailable(not_available="there are no predictions")
    judgement = judge(missing, make_judging(), Summaries({"accuracy": 0.9}, {"accuracy": 0.8}))
    _, metrics = comparison_blocks("main", {"topic": judgement})
    assert to_text([metrics])[2].split() == ["accuracy", "0.900", "0.800", "\u2013"]


def test_names_of_branches_cannot_draw_on_a_terminal(judged: Judge) -> None:
    text = "\n".join(to_text(comparison_blocks("ma\x1b[31min", {"to\u202epic\n": judged(0.9)})))
    assert "\x1b" not in text
    assert "\u202e" not in text
