from sample_verdicts import better, first, metrics_only, worse

from winnow.markup.blocks import Row, pieces
from winnow.verdict.account.metrics import metrics_block, paired_block
from winnow.verdict.record.evidence import Estimate, MetricChange, Paired


def told(row: Row) -> list[str]:
    return ["".join(pieces(cell)) for cell in row]


def direction(value: float, half: float, direction: str | None) -> str:
    nothing = Estimate(value=0, low=None, high=None)
    change = MetricChange(
        name="x", direction=direction, base=nothing, head=None, is_custom=False,
        difference=Estimate(value=value, low=value - half, high=value + half),
    )  # fmt: skip
    [row] = metrics_block([change], 0.95).rows
    return told(row)[-1]


def paired() -> Paired:
    found = better().paired
    assert isinstance(found, Paired)
    return found


def test_a_metric_has_intervals_on_both_sides_and_on_the_difference() -> None:
    rows = [told(row) for row in metrics_block(better().metrics, 0.95).rows]
    assert rows[0] == [
        "accuracy", "0.912 [0.900, 0.924]", "0.931 [0.919, 0.943]", "+1.9 [+0.8, +3.0] points", "▲ better"
    ]  # fmt: skip
    assert rows[4][-2:] == ["-0.043 [-0.064, -0.022]", "▼ better"]
    assert rows[7][0] == "weighted_cost"


def test_a_direction_is_told_only_where_the_interval_leaves_zero_out() -> None:
    assert direction(1, 0.5, "higher") == "▲ better"
    assert direction(1, 0.5, "lower") == "▲ worse"
    assert direction(-1, 0.5, "lower") == "▼ better"
    assert direction(-1, 0.5, None) == "▼ lower"
    assert direction(1, 1, "higher") == "◦ unclear"


def test_metrics_that_are_not_paired_have_no_difference() -> None:
    block = metrics_block(metrics_only().metrics, 0.9)
    assert block.header == ("metric", "base", "head")
    assert len(block.rows[0]) == len(block.align) == 3
    assert ["".join(line) for line in block.lines] == [
        "in brackets: intervals of 90 %, each by itself",
        "not measured on the same images: no difference is told",
    ]


def test_without_a_base_the_head_stands_alone() -> None:
    block = metrics_block(first().metrics, 0.95)
    assert block.header == ("metric", "head")
    assert told(block.rows[0]) == ["accuracy", "0.931 [0.919, 0.943]"]
    assert len(block.lines) == 1


def test_both_models_on_the_same_images_are_a_small_table() -> None:
    block = paired_block(paired())
    assert [told(row) for row in block.rows] == [
        ["base right", "1,776", "48 broken"],
        ["base wrong", "86 fixed", "90"],
    ]
    assert ["".join(line) for line in block.lines] == [
        "86 fixed, 48 broken: net +38 of 2,000 images",
        "churn: 156 (7.8 %) get another answer",
        "this test set finds a true change of 1.6 points (33 net flips) in 80 % of the cases, where 6.7 % disagree",
    ]


def test_a_test_set_that_finds_nothing_says_so() -> None:
    found = paired().detectable.model_copy(update={"difference": None, "num_net_flips": None})
    block = paired_block(paired().model_copy(update={"detectable": found}))
    assert "".join(block.lines[-1]) == (
        "this test set finds no change at all in 80 % of the cases: it has too few images"
    )


def test_a_loss_is_a_negative_net() -> None:
    lost = worse().paired
    assert isinstance(lost, Paired)
    assert "net -115 of 5,000 images" in "".join(paired_block(lost).lines[0])
