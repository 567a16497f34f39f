"""`gate:` of `params.yaml`: what a pull request must keep. Changing it changes no model."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from winnow.config import Section, read_section
from winnow.project import Project

Level = Literal["required", "advisory", "off"]
Metric = Literal["accuracy", "balanced_accuracy", "macro_f1", "auroc", "log_loss", "brier"]
Budget = Literal["model_bytes", "num_parameters", "latency_p50_ms", "latency_p95_ms", "train_s", "peak_bytes"]


class Floor(Section):
    """A limit for a metric of `reports/metrics.json`, whatever the base has."""

    metric: Annotated[str, Field(pattern=r"^\w+$", examples=["accuracy"])]
    """Its name; metrics of one's own included."""

    limit: Annotated[float, Field(examples=[0.9])]
    """At least this; at most this for `log_loss`, `brier` and `ece`."""

    level: Annotated[Level, Field(examples=["required"])]
    """Whether a miss fails the check or is only told."""


class BudgetLimit(Section):
    """A limit for what the model costs."""

    name: Annotated[Budget, Field(examples=["latency_p95_ms"])]
    """What is limited."""

    limit: Annotated[float, Field(gt=0, examples=[50.0])]
    """At most this: milliseconds, seconds or bytes, as the name says."""

    level: Annotated[Level, Field(examples=["required"])]
    """Whether a miss fails the check or is only told."""


class GateConfig(Section):
    """What a pull request is judged by (docs/report.md)."""

    metric: Annotated[Metric, Field(examples=["accuracy"])]
    """The primary metric: the one that the verdict is about."""

    margin: Annotated[float, Field(gt=0.0, lt=1.0, examples=[0.01])]
    """A difference of the primary metric that does not matter: "equivalent" needs the interval inside +-margin."""

    alpha: Annotated[float, Field(gt=0.0, lt=0.5, examples=[0.05])]
    """How probable a false "better" or "worse" may be (two-sided)."""

    power: Annotated[float, Field(gt=0.0, lt=1.0, examples=[0.8])]
    """How probable it should be that a true difference is found: for the least detectable effect."""

    rule: Annotated[Literal["not_worse", "not_inferior", "better"], Field(examples=["not_worse"])]
    """When the primary gate passes: unless the head is worse and that matters; only if the interval lies above -margin;
    only if it is better."""

    primary: Annotated[Level, Field(examples=["required"])]
    """How much the primary gate counts."""

    floors: Annotated[list[Floor], Field(examples=[[]])]
    """Limits that hold whatever the base has."""

    classes: Annotated[Level, Field(examples=["advisory"])]
    """No class may get worse (recall, Holm-corrected over classes)."""

    subgroups: Annotated[Level, Field(examples=["advisory"])]
    """No subgroup may get worse (accuracy, Holm-corrected over the values of a column)."""

    subgroup_columns: Annotated[list[str], Field(examples=[[]])]
    """Further columns of `labels.csv` that subgroups are made of (site, device …)."""

    calibration: Annotated[Level, Field(examples=["advisory"])]
    """The calibration error may not grow (beyond its interval, by more than `calibration_margin`)."""

    calibration_margin: Annotated[float, Field(ge=0.0, lt=1.0, examples=[0.02])]
    """A growth of the calibration error that does not matter."""

    data: Annotated[Level, Field(examples=["required"])]
    """No check of the data set may newly fail with an error."""

    budgets: Annotated[list[BudgetLimit], Field(examples=[[]])]
    """Limits for size, latency and cost."""


@dataclass(frozen=True)
class Sensitivity:
    """What a comparison of two models should be able to see: a stage watches these keys, not the whole section."""

    margin: float
    alpha: float
    power: float


def read_sensitivity(project: Project) -> Sensitivity:
    """Return `gate.margin`, `gate.alpha` and `gate.power` of `params.yaml`."""
    gate = read_section(project, "gate", GateConfig)
    return Sensitivity(gate.margin, gate.alpha, gate.power)
