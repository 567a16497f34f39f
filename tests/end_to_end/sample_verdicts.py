"""Verdicts as real pull requests give them, for every test that prints one."""

import hashlib
import math
from typing import Any

from winnow.changes.record import (
    Bytes,
    Columns,
    DataDiff,
    Duplicates,
    Finding,
    Images,
    Leaks,
    Moved,
    Parts,
    Regrouped,
    Relabelled,
    SplitChange,
    Transition,
)
from winnow.changes.record import Side as DataSide
from winnow.records import NotAvailable
from winnow.verdict.record.context import (
    Amount,
    ChangedFile,
    Changes,
    Cost,
    Curve,
    Gate,
    KeyChange,
    Provenance,
    Side,
    Stage,
    StepCost,
    Waiver,
)
from winnow.verdict.record.evidence import (
    Bin,
    Calibration,
    Classes,
    ConfusionChange,
    Confusions,
    Detectable,
    Estimate,
    Flip,
    Flips,
    MetricChange,
    Noise,
    Outcome,
    Paired,
    ShareChange,
    Subgroups,
    TestSet,
)
from winnow.verdict.record.verdict import Verdict

BASE, HEAD = "1f3a9c0d5e7b" + "0" * 28, "8b2e4d6f1a3c" + "0" * 28
NOT_STORED = NotAvailable(not_available="the base stores metrics only, no predictions")
GARMENTS = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]


def better(**changes: Any) -> Verdict:
    """Return a verdict on a better model of ten classes, with every block; keywords replace fields."""
    fields: dict[str, Any] = {
        "project": "garments",
        "disclose": "ids",
        "confidence": 0.95,
        "base": Side(name="main", commit=BASE, source="git"),
        "head": Side(name="the working tree", commit=HEAD, source="working tree"),
        "outcome": _outcome("better", 0.912, 0.931, (0.019, 0.008, 0.030), 0.0004, num_images=2000),
        "gates": [
            _gate("primary", "accuracy: not worse, or the whole interval lies inside ±0.01", -0.01, 0.912, 0.931),
            _gate("floor:accuracy", "accuracy is at least 0.9", 0.9, 0.912, 0.931),
            _gate("classes", "no class gets worse (recall, Holm-corrected, alpha 0.05)", None, None, None),
            _gate(
                "calibration",
                "ece does not grow by more than 0.02, beyond chance",
                0.02,
                0.021,
                0.034,
                level="advisory",
            ),
            _gate("budget:latency_p95_ms", "latency_p95_ms is at most 50", 50, 11.8, 12.4),
        ],
        "metrics": _metrics(),
        "paired": _paired(1776, 86, 48, 90),
        "classes": Classes(changes=_garment_changes(), added=[], removed=[], untested=0),
        "subgroups": [_sites()],
        "confusions": Confusions(
            gained=[ConfusionChange(actual="coat", predicted="pullover", base=9, head=15)],
            lost=[
                ConfusionChange(actual="shirt", predicted="T-shirt", base=41, head=22),
                ConfusionChange(actual="shirt", predicted="coat", base=17, head=9),
            ],
        ),
        "flips": Flips(fixed=_flips(86, "shirt", "T-shirt", "shirt"), broken=_flips(48, "coat", "coat", "pullover")),
        "test_set": _test_set(2000, notes=[]),
        "calibration": Calibration(base=_bins(0.03), head=_bins(0.015)),
        "noise": NotAvailable(not_available="not measured (`winnow noise`)"),
        "data": data_diff(),
        "changes": _changes(),
        "curves": _curves(),
        "cost": _cost(),
        "provenance": _provenance(),
    }
    return Verdict(**{**fields, **changes})


def worse(**changes: Any) -> Verdict:
    """Return a verdict on a worse model of 100 classes in groups, with failed and waived gates."""
    test_set = TestSet(
        num_base=5100,
        num_head=5200,
        num_compared=5000,
        only_base=40,
        only_head=140,
        trained_on=60,
        relabelled=12,
        rescored=True,
        notes=["3 test images have no prediction at the base"],
    )
    noise = Noise(
        num_seeds=5,
        deviation=0.004,
        low=0.0024,
        high=0.0115,
        difference=Estimate(value=-0.023, low=-0.041, high=-0.005),
        is_current=False,
    )
    fields: dict[str, Any] = {
        "project": "species",
        "outcome": _outcome("worse", 0.843, 0.82, (-0.023, -0.033, -0.013), 0.00001, num_images=5000, num_groups=612),
        "gates": [
            _gate(
                "primary",
                "accuracy: not worse, or the whole interval lies inside ±0.01",
                -0.01,
                0.843,
                0.82,
                result="fail",
                note="accuracy fell by 2.3 points",
            ),
            _gate("floor:accuracy", "accuracy is at least 0.8", 0.8, 0.843, 0.82),
            _gate(
                "classes",
                "no class gets worse (recall, Holm-corrected, alpha 0.05)",
                None,
                None,
                None,
                result="fail",
                level="advisory",
                note="species 042, species 017",
            ),
            _gate(
                "subgroups:site",
                "no value of site gets worse (accuracy, Holm-corrected, alpha 0.05)",
                None,
                None,
                None,
                result="waived",
                note="north",
                waiver=Waiver(
                    reason="the camera at north was out of focus, see issue 31", by="m.keller", source="file"
                ),
            ),
            _gate("budget:model_bytes", "model_bytes is at most 2e+07", 20e6, 11.2e6, 25.9e6, result="fail"),
            _gate("data", "no check of the data set finds a new error", None, None, None, result="not available"),
        ],
        "metrics": _fallen(),
        "paired": _paired(3951, 149, 264, 636),
        "classes": Classes(
            changes=_species(100), added=["Lynx lynx"], removed=["Felis sp.", "unknown|other"], untested=3
        ),
        "test_set": test_set,
        "noise": noise,
        "calibration": Calibration(base=_bins(0.02), head=_bins(0.09)),
    }
    return better(**{**fields, **changes})


def metrics_only() -> Verdict:
    """Return a verdict where only the metrics of the base are in Git."""
    metrics = [each.model_copy(update={"difference": None}) for each in _metrics()]
    outcome = Outcome(
        call="not comparable",
        reason="the base has metrics only, so nothing is paired; both stand in the table below",
        metric="accuracy",
        direction="higher",
        base=0.912,
        head=0.931,
        difference=None,
        p=None,
        alpha=0.05,
        margin=0.01,
        within_margin=False,
        method="none",
        num_images=0,
        num_groups=None,
    )
    return better(
        base=Side(name="main", commit=BASE, source="metrics only"),
        outcome=outcome,
        gates=[_gate("floor:accuracy", "accuracy is at least 0.9", 0.9, 0.912, 0.931)],
        metrics=metrics,
        paired=NOT_STORED,
        classes=NOT_STORED,
        subgroups=[],
        confusions=NOT_STORED,
        flips=NOT_STORED,
        test_set=NOT_STORED,
        calibration=NOT_STORED,
        curves=NotAvailable(not_available="the remote cannot be read"),
    )


def first() -> Verdict:
    """Return the verdict on a project's first pull request: there is no base."""
    nothing = NotAvailable(not_available="there is no base")
    verdict = metrics_only()
    reason = "this is the first model: main has no predictions and no metrics"
    return better(
        base=Side(name="main", commit=BASE, source="none"),
        outcome=verdict.outcome.model_copy(update={"reason": reason, "base": None}),
        gates=[_gate("floor:accuracy", "accuracy is at least 0.9", 0.9, None, 0.931)],
        metrics=[each.model_copy(update={"base": None}) for each in verdict.metrics],
        curves=[each.model_copy(update={"base": [], "base_steps": []}) for each in _curves()],
        cost=Cost(
            steps=[
                each.model_copy(update=dict.fromkeys(("base_s", "base_peak_bytes", "base_device")))
                for each in _cost().steps
            ],
            amounts=[each.model_copy(update={"base": None}) for each in _cost().amounts],
        ),
        **dict.fromkeys(
            ("paired", "classes", "confusions", "flips", "test_set", "calibration", "data", "changes"), nothing
        ),
        subgroups=[],
    )


def _outcome(
    call: Any,
    base: float,
    head: float,
    difference: tuple[float, float, float],
    p: float,
    *,
    num_images: int,
    num_groups: int | None = None,
) -> Outcome:
    value, low, high = difference
    return Outcome(
        call=call,
        reason=f"p is at most alpha = 0.05, and the difference is {'positive' if value > 0 else 'negative'}",
        metric="accuracy",
        direction="higher",
        base=base,
        head=head,
        difference=Estimate(value=value, low=low, high=high),
        p=p,
        alpha=0.05,
        margin=0.01,
        within_margin=False,
        method="exact sign-flip test by group, Tango interval" if num_groups else "exact McNemar test, Tango interval",
        num_images=num_images,
        num_groups=num_groups,
    )


def _gate(id: str, rule: str, limit: float | None, base: float | None, head: float | None, **rest: Any) -> Gate:  # noqa: A002 - the record calls it so
    fields: dict[str, Any] = {"level": "required", "result": "pass", "note": "", "waiver": None, **rest}
    return Gate(id=id, rule=rule, limit=limit, base=base, head=head, **fields)


def _estimate(value: float, half_width: float) -> Estimate:
    return Estimate(value=value, low=value - half_width, high=value + half_width)


def _fallen() -> list[MetricChange]:
    rows = [(0.843, 0.82, 0.01), (0.839, 0.811, 0.012), (0.84, 0.815, 0.011), (0.981, 0.9744, 0.002)]
    rows += [(0.512, 0.613, 0.03), (0.231, 0.262, 0.012), (0.018, 0.089, 0.015), (1.31, 1.6, 0.2)]
    return [
        each.model_copy(
            update={
                "base": _estimate(base, 0.011),
                "head": _estimate(head, 0.012),
                "difference": _estimate(head - base, paired),
            }
        )
        for each, (base, head, paired) in zip(_metrics(), rows, strict=True)
    ]


def _metrics() -> list[MetricChange]:
    rows = [
        ("accuracy", "higher", 0.912, 0.931, 0.012, 0.011, False),
        ("balanced_accuracy", "higher", 0.908, 0.929, 0.013, 0.012, False),
        ("macro_f1", "higher", 0.907, 0.928, 0.013, 0.012, False),
        ("auroc", "higher", 0.9912, 0.9934, 0.0018, 0.0012, False),
        ("log_loss", "lower", 0.2541, 0.2107, 0.027, 0.021, False),
        ("brier", "lower", 0.1302, 0.1058, 0.013, 0.010, False),
        ("ece", "lower", 0.0213, 0.0342, 0.008, 0.015, False),
        ("weighted_cost", None, 1.42, 1.31, 0.2, 0.15, True),
    ]
    return [
        MetricChange(
            name=name,
            direction=direction,
            base=_estimate(base, width),
            head=_estimate(head, width),
            difference=_estimate(head - base, paired),
            is_custom=is_custom,
        )
        for name, direction, base, head, width, paired, is_custom in rows
    ]


def _paired(both_right: int, fixed: int, broken: int, both_wrong: int) -> Paired:
    num_images = both_right + fixed + broken + both_wrong
    disagreement = (fixed + broken) / num_images
    least = 2.8 * math.sqrt(disagreement / num_images)
    return Paired(
        both_right=both_right,
        fixed=fixed,
        broken=broken,
        both_wrong=both_wrong,
        churn=fixed + broken + both_wrong // 4,
        detectable=Detectable(
            difference=least, num_net_flips=math.ceil(least * num_images), power=0.8, disagreement=disagreement
        ),
    )


def _share(name: str, support: int, base: float, fixed: int, broken: int, num_groups: int | None = None) -> ShareChange:
    difference = (fixed - broken) / support
    width = 1.96 * math.sqrt(fixed + broken + 1) / support
    p = min(1.0, 2 * math.exp(-((fixed - broken) ** 2) / (2 * (fixed + broken + 1e-9))))
    p_holm = min(1.0, p * 10)
    return ShareChange(
        name=name,
        support=support,
        num_groups=num_groups,
        base=base,
        head=min(1.0, max(0.0, base + difference)),
        difference=Estimate(value=difference, low=difference - width, high=difference + width),
        fixed=fixed,
        broken=broken,
        p=p,
        p_holm=p_holm,
        is_significant=p_holm <= 0.05,
    )


def _garment_changes() -> list[ShareChange]:
    moves = [(2, 1), (0, 1), (9, 6), (4, 2), (5, 12), (1, 2), (58, 17), (3, 3), (2, 1), (2, 3)]
    changes = [_share(name, 200, 0.9, fixed, broken) for name, (fixed, broken) in zip(GARMENTS, moves, strict=True)]
    return sorted(changes, key=lambda change: -abs(change.difference.value))


def _species(count: int) -> list[ShareChange]:
    changes = [
        _share(
            f"species {number:03}",
            50,
            0.84,
            (number * 7) % 5,
            28 + number % 3 if number in (17, 42) else (number * 3) % 7,
            6 + number % 3,
        )
        for number in range(count)
    ]
    return sorted(changes, key=lambda change: -abs(change.difference.value))


def _sites() -> Subgroups:
    changes = [_share("north", 420, 0.9, 12, 19), _share("harbour", 890, 0.91, 41, 18), _share("", 690, 0.92, 33, 11)]
    return Subgroups(column="site", changes=changes, num_left_out=2)


def _flips(count: int, label: str, base: str, head: str) -> list[Flip]:
    return [
        Flip(
            id=hashlib.sha256(f"{label} {number}".encode()).hexdigest()[:20],
            label=label,
            base=base,
            head=head,
            base_confidence=max(0.2, 0.98 - number * 0.007),
            head_confidence=max(0.2, 0.95 - number * 0.005),
        )
        for number in range(count)
    ]


def _test_set(num: int, notes: list[str]) -> TestSet:
    return TestSet(
        num_base=num,
        num_head=num,
        num_compared=num,
        only_base=0,
        only_head=0,
        trained_on=0,
        relabelled=0,
        rescored=False,
        notes=notes,
    )


def _bins(gap: float) -> list[Bin]:
    return [
        Bin(confidence=middle / 20, accuracy=min(1.0, max(0.0, middle / 20 - gap)), count=10 * middle)
        for middle in range(5, 20, 2)
    ]


def data_diff(**changes: Any) -> DataDiff:
    """Return what changed in the data; keywords replace fields."""
    fields: dict[str, Any] = {
        "revision": "main",
        "commit": BASE,
        "disclose": "ids",
        "before": DataSide(num_images=12000, num_unlabelled=0, num_classes=10),
        "after": DataSide(num_images=12400, num_unlabelled=3, num_classes=10),
        "splits": [SplitChange(split="train", before=8000, after=8400, added=400, removed=0, moved_in=0, moved_out=0)],
        "new_classes": [],
        "vanished_classes": [],
        "classes": [],
        "added": Images(count=400, examples=["a" * 20]),
        "removed": Images(count=0, examples=[]),
        "relabelled": Relabelled(
            count=31, examples=["b" * 20], transitions=[Transition(before="shirt", after="T-shirt", count=31)]
        ),
        "moved": Moved(count=0, examples=[], num_groups=0, transitions=[]),
        "regrouped": Regrouped(count=0, examples=[], num_groups_before=0, num_groups_after=0),
        "repinned": Images(count=0, examples=[]),
        "settings": [],
        "columns": Columns(added=[], removed=[], changed={}),
        "leaks": Leaks(torn_groups=0, torn=[], trained_before=2),
        "duplicates": Duplicates(
            findings=[Finding(id="D301", severity="warning", message="2 near duplicates", status="new")],
            held_out_before=0,
            held_out_after=2,
            num_new_pairs=2,
            pairs=[],
        ),
        "bytes": Bytes(before=61_000_000, after=63_400_000, num_parts_before=3, num_parts_after=4),
        "parts": Parts(added=["part-9f"], removed=[], num_kept=3, added_bytes=2_400_000, removed_bytes=0),
        "notes": [],
    }
    return DataDiff(**{**fields, **changes})


def _changes() -> Changes:
    return Changes(
        params=[
            KeyChange(key="train.epochs", base="12", head="20"),
            KeyChange(key="train.optimizer.learning_rate", base="0.001", head="0.0005"),
            KeyChange(key="model.options.dropout", base=None, head="0.1"),
        ],
        stages=[
            Stage(name="prepare", state="ran", reasons=["data/labels.csv", "data/images"]),
            Stage(name="train", state="ran", reasons=["params: train.epochs", "work/prepared"]),
            Stage(name="evaluate", state="out of date", reasons=["src/winnow/metrics"]),
        ],
        files=[
            ChangedFile(path="src/winnow/training/loop.py", status="modified", stages=["train"]),
            ChangedFile(path="data/labels.csv", status="modified", stages=["prepare"]),
            ChangedFile(path="docs/notes.md", status="added", stages=[]),
        ],
        num_commits=4,
    )


def _curves() -> list[Curve]:
    def falling(length: int, floor: float, speed: float) -> list[float]:
        return [floor + 1.4 * math.exp(-speed * step) for step in range(length)]

    steps, base_steps = [float(step) for step in range(1, 21)], [float(step) for step in range(1, 13)]
    return [
        Curve(
            metric="loss",
            series="train",
            steps=steps,
            base=falling(12, 0.2, 0.35),
            base_steps=base_steps,
            head=falling(20, 0.12, 0.3),
        ),
        Curve(
            metric="loss",
            series="val",
            steps=steps,
            base=falling(12, 0.26, 0.4),
            base_steps=base_steps,
            head=falling(20, 0.21, 0.33),
        ),
        Curve(
            metric="accuracy",
            series="val",
            steps=steps,
            base=[1 - value / 2 for value in falling(12, 0.18, 0.4)],
            base_steps=base_steps,
            head=[1 - value / 2 for value in falling(20, 0.14, 0.33)],
        ),
    ]


def _cost() -> Cost:
    return Cost(
        steps=[
            StepCost(
                step="train",
                base_s=244.0,
                head_s=402.5,
                base_peak_bytes=1_900_000_000,
                head_peak_bytes=2_050_000_000,
                base_device="cpu, 8 threads",
                head_device="cpu, 8 threads",
            ),
            StepCost(
                step="evaluate",
                base_s=11.2,
                head_s=11.0,
                base_peak_bytes=None,
                head_peak_bytes=700_000_000,
                base_device="cpu",
                head_device="cuda",
            ),
        ],
        amounts=[
            Amount(name="model_bytes", base=11_200_000, head=11_200_000),
            Amount(name="num_parameters", base=2_800_000, head=2_800_000),
            Amount(name="latency_p50_ms", base=9.1, head=9.4),
            Amount(name="latency_p95_ms", base=11.8, head=12.4),
        ],
    )


def _provenance() -> Provenance:
    return Provenance(
        merge_base=BASE,
        lock_sha256="c0ffee" + "0" * 58,
        is_dirty=True,
        seeds={"train": 7, "data": 0},
        versions={"winnow": "0.4.0", "torch": "2.9.0", "dvc": "3.67.1"},
        machine="Linux x86_64, 8 CPUs",
        commands=[
            f"git checkout {HEAD} && dvc repro --pull",
            f"winnow report --base {BASE}",
        ],
        link="https://ci.example.org/runs/17/report.html",
    )
