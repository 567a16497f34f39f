import xml.etree.ElementTree as ET

import pytest
from sample_verdicts import better, metrics_only, worse

from winnow.verdict.account.interval_figure import interval_figure
from winnow.verdict.record.evidence import Estimate, Outcome


def drawn(outcome: Outcome) -> dict[str, ET.Element]:
    return {
        each.attrib["class"]: each for each in ET.fromstring(interval_figure(outcome)).iter() if "class" in each.attrib
    }


def test_the_interval_lies_beside_zero_and_the_margin() -> None:
    parts = drawn(better().outcome)
    zero, low, high = (
        float(parts[name].attrib[key]) for name, key in (("zero", "x1"), ("range", "x1"), ("range", "x2"))
    )
    assert zero < low < float(parts["point"].attrib["cx"]) < high
    margin = parts["margin"]
    assert float(margin.attrib["x"]) < zero < float(margin.attrib["x"]) + float(margin.attrib["width"])
    lost = drawn(worse().outcome)
    assert float(lost["range"].attrib["x2"]) < float(lost["margin"].attrib["x"])


def test_words_say_the_same() -> None:
    root = ET.fromstring(interval_figure(better().outcome))
    assert root.findtext("title") == "head minus base"
    assert root.findtext("desc") == "+1.9 [+0.8, +3.0], margin ±1"


@pytest.mark.parametrize("outcome", [better().outcome, worse().outcome])
def test_everything_lies_within_the_picture(outcome: Outcome) -> None:
    marks = [float(each.attrib["x"]) for each in ET.fromstring(interval_figure(outcome)).iter("text")]
    assert marks == sorted(marks)
    assert len(marks) > 2
    assert marks[0] >= 0
    assert marks[-1] <= 440


def test_a_metric_that_is_no_share_keeps_its_unit() -> None:
    outcome = better().outcome.model_copy(
        update={"metric": "log_loss", "difference": Estimate(value=-0.02, low=-0.03, high=-0.01)}
    )
    labels = [each.text for each in ET.fromstring(interval_figure(outcome)).iter("text")]
    assert labels[0] == "-0.030"


def test_without_an_interval_there_is_no_picture() -> None:
    assert interval_figure(metrics_only().outcome) == ""
    no_interval = Estimate(value=0.1, low=None, high=None)
    assert interval_figure(better().outcome.model_copy(update={"difference": no_interval})) == ""
