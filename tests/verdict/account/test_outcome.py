import pytest
from sample_verdicts import better, first, metrics_only, worse

from winnow.markup.blocks import Line
from winnow.records import NotAvailable
from winnow.verdict.account.outcome import SYMBOLS, gates_line, outcome_block, told_of_test_set
from winnow.verdict.record.evidence import TestSet
from winnow.verdict.record.verdict import Verdict


def headline(verdict: Verdict) -> str:
    block = outcome_block(verdict)
    return f"{block.symbol} {block.title}: {''.join(block.digest)}"


def said(verdict: Verdict) -> list[str]:
    return list(map("".join, outcome_block(verdict).lines))


def test_the_verdict_line_tells_all_at_a_glance() -> None:
    assert headline(better()) == ("✅ better: accuracy 0.912 -> 0.931, +1.9 points [+0.8, +3.0], p = 0.0004, n = 2,000")
    assert headline(worse()) == (
        "❌ worse: accuracy 0.843 -> 0.820, -2.3 points [-3.3, -1.3], p < 0.0001, n = 5,000 (612 groups)"
    )


def test_without_a_comparison_the_line_tells_what_is_known() -> None:
    assert headline(metrics_only()) == "🚫 not comparable: accuracy 0.912 -> 0.931"
    assert headline(first()) == "🚫 not comparable: accuracy 0.931"
    unknown = first().outcome.model_copy(update={"head": None})
    assert headline(first().model_copy(update={"outcome": unknown})) == "🚫 not comparable: accuracy is not known"


def test_a_metric_that_is_no_share_has_no_points() -> None:
    outcome = better().outcome.model_copy(update={"metric": "log_loss"})
    assert "+0.019 [+0.008, +0.030], p" in headline(better(outcome=outcome))


def test_every_call_has_its_own_symbol() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS) == 5


def test_the_first_lines_are_gates_reason_and_sides() -> None:
    assert said(better())[:3] == [
        "✅ all required gates pass",
        "p is at most alpha = 0.05, and the difference is positive",
        "the working tree (8b2e4d6f1a3c) with uncommitted changes against main (1f3a9c0d5e7b)",
    ]


def test_failed_gates_are_named_whatever_the_call() -> None:
    assert said(worse())[0] == (
        "❌ 3 required gates did not pass: primary, budget:model_bytes, data (1 waived, 1 advisory failed)"
    )
    assert said(better(gates=[]))[0].startswith("p is at most")


def test_one_seed_measures_sampling_noise_only() -> None:
    assert said(better())[-1] == (
        "one seed a side: the interval tells sampling noise only (winnow noise measures the other)"
    )


def test_training_noise_stands_beside_sampling_noise() -> None:
    line = said(worse())[-1]
    assert line == (
        "training noise: a standard deviation of 0.4 points [0.2, 1.1] over 5 seeds, measured before today's data, "
        "params or code; with both noises the difference is -2.3 [-4.1, -0.5] points"
    )
    current = worse().noise.model_copy(update={"is_current": True})
    assert "measured before" not in said(worse(noise=current))[-1]


def test_groups_are_witnesses() -> None:
    lines = said(worse())
    assert (
        "intervals of 95 %: exact sign-flip test by group, Tango interval; images of a group are one witness" in lines
    )


def test_without_a_difference_there_is_no_talk_of_intervals_and_seeds() -> None:
    assert not any("seed" in line or "intervals" in line for line in said(metrics_only()))


def test_the_same_test_images_need_no_words() -> None:
    assert isinstance(better().test_set, TestSet)
    assert list(told_of_test_set(better().test_set)) == []


def test_other_test_images_are_told() -> None:
    lines = ["".join(line) for line in told_of_test_set(worse().test_set)]
    assert lines[0] == (
        "compared on 5,000 of 5,200 test images: 140 new since the base, 40 gone since the base, "
        "60 left out because one of the models trained on them"
    )
    assert len(lines) == 4


@pytest.mark.parametrize("verdict", [better(), worse()])
def test_gates_are_one_sentence(verdict: Verdict) -> None:
    line: Line = gates_line(verdict.gates)
    assert "".join(line) == said(verdict)[0]


def test_a_verdict_without_a_test_set_has_a_first_block() -> None:
    missing = NotAvailable(not_available="x")
    assert said(better(test_set=missing)) == said(better())
