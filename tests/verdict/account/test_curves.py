import pytest
from sample_verdicts import better

from winnow.markup.blocks import Block
from winnow.markup.mermaid import to_mermaid
from winnow.verdict.account.curves import calibration_block, curves_block
from winnow.verdict.record.context import Curve
from winnow.verdict.record.evidence import Bin, Calibration


def curve(metric: str, series: str, **changes: object) -> Curve:
    fields = {"steps": [1.0, 2.0], "head": [0.5, 0.4], "base_steps": [1.0, 2.0], "base": [0.6, 0.5], **changes}
    return Curve.model_validate({"metric": metric, "series": series, **fields})


def lines(block: Block) -> list[str]:
    return ["".join(line) for line in block.lines]


def test_each_metric_has_one_chart_of_its_validation_series() -> None:
    found = better().curves
    assert isinstance(found, list)
    block = curves_block(found)
    assert [chart.title for chart in block.charts] == ["validation loss", "validation accuracy"]
    assert [series.name for series in block.charts[0].series] == ["base", "head"]
    assert lines(block) == [
        "base grey, head blue",
        "validation loss at the end: 0.277 -> 0.213, 12 -> 20 points",
        "validation accuracy at the end: 0.901 -> 0.929, 12 -> 20 points",
    ]


def test_a_metric_without_validation_shows_what_it_has() -> None:
    block = curves_block([curve("loss", "train"), curve("lr", "")])
    assert [chart.title for chart in block.charts] == ["training loss", "lr"]


def test_a_curve_without_a_base_is_told() -> None:
    block = curves_block([curve("loss", "val", base=[], base_steps=[])])
    assert lines(block)[1] == "validation loss at the end: \u2013 -> 0.400"
    assert to_mermaid(block.charts[0])[-1] == "```"


@pytest.mark.parametrize("metric", ['x"] \n click', "```", "\u202e", "a_b", "x" * 500, "%%{init}"])
def test_a_foreign_name_reaches_a_chart_as_letters_and_digits_only(metric: str) -> None:
    [chart] = curves_block([curve(metric, "val")]).charts
    assert to_mermaid(chart)[0] == "```mermaid"


def test_only_a_few_metrics_are_drawn() -> None:
    assert len(curves_block([curve(f"m{number}", "val") for number in range(50)]).charts) == 6
    assert curves_block([]).lines == []


def test_calibration_is_a_table_by_tenths_of_confidence() -> None:
    base = [Bin(confidence=0.81, accuracy=0.5, count=10), Bin(confidence=0.87, accuracy=1.0, count=30)]
    block = calibration_block(Calibration(base=base, head=[Bin(confidence=1.0, accuracy=0.9, count=7)]))
    assert block.rows == [("0.8 to 0.9", "0.88", "40", "\u2013", "0"), ("0.9 to 1.0", "\u2013", "0", "0.90", "7")]
    assert block.charts[0].series[0].points == [(pytest.approx(0.855), pytest.approx(0.875))]
    assert lines(block) == ["right answers by confidence: base grey, head blue, perfect orange"]


def test_calibration_without_bins_is_empty() -> None:
    block = calibration_block(Calibration(base=[], head=[]))
    assert block.rows == []
    assert to_mermaid(block.charts[0]) == []
