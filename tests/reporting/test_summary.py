from typing import Any

import pytest

from winnow.reporting.summary import Facts, render_summary

METRICS = {
    "accuracy": 0.99125,
    "accuracy_low": 0.975,
    "accuracy_high": 0.99687,
    "auroc": 0.9999,
    "ece": 0.03,
    "ece_low": 0.0,
    "ece_high": 0.06,
    "top2": 1.0,
    "num_test": 1360,
    "num_classes": 3,
    "confidence": 0.95,
    "val_accuracy": 0.9,
}
DATA = {
    "num_images": 1797,
    "num_classes": 3,
    "num_unlabelled": 12,
    "splits": {"train": 1200, "val": 237, "test": 1360, "held_out": 0},
    "checks": [{"id": "D104", "severity": "warning", "message": "class `oak` has 3 test images"}],
}
PER_CLASS = [
    {"label": "ash", "support": "1200", "f1": "0.99", "f1_low": "0.9", "f1_high": "0.999"},
    {"label": "oak [red]", "support": "3", "f1": "0.5", "f1_low": "", "f1_high": ""},
    {"label": "elm", "support": "0", "f1": "", "f1_low": "", "f1_high": ""},
]
CONFUSION = [
    {"actual": "ash", "predicted": "ash", "count": "1100"},
    {"actual": "ash", "predicted": "oak", "count": "2"},
    {"actual": "oak", "predicted": "ash", "count": "11"},
]
COSTS = {
    "prepare": {"wall_s": 2.04},
    "train": {
        "wall_s": 125.2,
        "device": "cpu",
        "precision": "bfloat16",
        "images_per_s": 5120.4,
        "peak_rss_bytes": 612_000_000,
    },
}


def render(width: int = 80, *, with_color: bool = False, **facts: Any) -> str:
    return render_summary(Facts("digits · winnow/small_cnn", **facts), width=width, with_color=with_color)


def test_a_metric_stands_beside_its_interval_and_its_meaning() -> None:
    page = render(metrics=METRICS)
    assert "Metrics on 1,360 test images, with 95% intervals" in page
    lines = {line.strip().split("  ")[0]: line for line in page.splitlines()}
    assert lines["accuracy"].split() == ["accuracy", "0.991", "[0.975,", "0.997]", "images", "that", "are", "right"]
    assert "[" not in lines["AUROC"]
    assert lines["top2"].split() == ["top2", "1.000"]
    assert "val_accuracy" not in page


def test_metrics_come_in_a_fixed_order_the_users_own_last() -> None:
    page = render(metrics=dict(reversed(METRICS.items())))
    places = [page.index(f"\n  {name}") for name in ("accuracy", "AUROC", "ECE", "top2")]
    assert places == sorted(places)


def test_groups_are_mentioned_where_they_repeat() -> None:
    assert "1,360 test images in 40 groups" in render(metrics=METRICS | {"num_test_groups": 40})


def test_two_classes_name_the_positive_one_and_its_threshold() -> None:
    page = render(metrics=METRICS | {"sensitivity": 0.9, "positive_label": "ill", "threshold": 0.412})
    assert "`ill` found, from 0.412 on" in page


def test_data_are_counted_and_checks_are_told() -> None:
    page = render(data=DATA)
    assert "1,797 images · 3 classes · 12 without a label" in page
    assert "train 1,200 · val 237 · test 1,360\n" in page
    assert "D104 class `oak` has 3 test images" in page
    assert "every check passed" in render(data={**DATA, "checks": []})


def test_the_weakest_class_comes_first_and_untested_ones_do_not_come() -> None:
    page = render(per_class=PER_CLASS)
    assert page.index("oak [red]") < page.index("ash")
    assert "elm" not in page
    assert "[0.900, 0.999]" in page
    assert "F1 of 1,200 images" in page


def test_mistakes_are_told_by_frequency_and_right_answers_are_not() -> None:
    lines = render(confusion=CONFUSION).splitlines()
    assert lines[-2].split() == ["oak", "taken", "for", "ash", "11"]
    assert lines[-1].split() == ["ash", "taken", "for", "oak", "2"]
    assert "confused" not in render(confusion=CONFUSION[:1])


def test_cost_is_told_in_units_that_people_use() -> None:
    page = render(costs=COSTS)
    assert "2.0 s" in page
    assert "2 min 05 s" in page
    assert "cpu, bfloat16, 5,120 images/s, 612 MB of memory" in page
    assert "2.5 GB of memory" in render(costs={"train": {"wall_s": 1.0, "peak_rss_bytes": 2_500_000_000}})


@pytest.mark.parametrize("width", [80, 100])
def test_no_line_is_wider_than_the_page(width: int) -> None:
    long = "x" * 150
    page = render(
        width,
        data={**DATA, "checks": [{"id": "D101", "severity": "error", "message": long}]},
        metrics=METRICS | {long: 0.5},
        per_class=[{**PER_CLASS[0], "label": long}],
        confusion=[{"actual": long, "predicted": "a", "count": "1"}],
        figures=[long],
        next_steps=[("do", long)],
    )
    assert max(map(len, page.splitlines())) <= width


def test_only_a_terminal_gets_colours() -> None:
    assert "\x1b[" not in render(metrics=METRICS, data=DATA)
    assert "\x1b[" in render(metrics=METRICS, data=DATA, with_color=True)


def test_what_is_not_quite_perfect_does_not_read_as_perfect() -> None:
    metrics = METRICS | {"auroc": 0.999968, "auroc_low": 0.9996, "auroc_high": 1.0}
    (line,) = (line for line in render(metrics=metrics).splitlines() if "AUROC" in line)
    assert line.split()[1:4] == ["0.99997", "[0.9996,", "1.000]"]


def test_perfect_classes_are_not_called_weak() -> None:
    assert "Weakest" not in render(per_class=[{**PER_CLASS[0], "f1": "1.000000"}])
