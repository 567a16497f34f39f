"""`verdict.json`: the whole verdict as data. Comment, page and terminal are made from it, and from nothing else.

A verdict made by the code of a pull request is checked by `Verdict.from_dict` before trusted code prints it. What
passes may still hold any text in labels, columns, keys and paths; printing escapes it.
"""

from typing import Annotated

from pydantic import Field

from winnow.changes.record import DataDiff
from winnow.disclosure import Level
from winnow.records import Document, NotAvailable
from winnow.verdict.record.context import Changes, Cost, Curve, Gate, Provenance, Side
from winnow.verdict.record.evidence import (
    Calibration,
    Classes,
    Confusions,
    Flips,
    MetricChange,
    Noise,
    Outcome,
    Paired,
    Subgroups,
    TestSet,
)

Missing = NotAvailable


class Verdict(Document):
    """Each block can stand alone; one without a source says why it is missing."""

    writer = "winnow report"

    project: Annotated[str, Field(max_length=200)]
    disclose: Level
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    """Level of every interval."""
    base: Side
    head: Side
    outcome: Outcome
    gates: list[Gate]
    metrics: list[MetricChange]
    paired: Paired | Missing
    classes: Classes | Missing
    subgroups: list[Subgroups]
    confusions: Confusions | Missing
    flips: Flips | Missing
    test_set: TestSet | Missing
    calibration: Calibration | Missing
    noise: Noise | Missing
    data: DataDiff | Missing
    changes: Changes | Missing
    curves: list[Curve] | Missing
    cost: Cost | Missing
    provenance: Provenance

    @property
    def has_passed(self) -> bool:
        """Whether no required gate failed. What a required gate could not know has not passed."""
        return all(gate.level != "required" or gate.result in ("pass", "waived") for gate in self.gates)
