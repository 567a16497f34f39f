from pathlib import Path

import pytest

from repository import write_params
from winnow.errors import ConfigError, InputError
from winnow.evaluation.config import EvaluateConfig
from winnow.gate_config import GateConfig
from winnow.project import Project
from winnow.verdict.rules import documented, read_rules

GATE = """
gate:
  metric: brier
  margin: 0.02
  alpha: 0.1
  power: 0.9
  rule: better
  primary: advisory
  floors: []
  classes: required
  subgroups: "off"
  subgroup_columns: []
  calibration: "off"
  calibration_margin: 0.5
  data: "off"
  budgets: []
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def write(project: Project, text: str) -> None:
    project.params.write_text(text, encoding="utf-8")


def test_a_project_is_judged_by_its_own_params(project: Project) -> None:
    changes = {"gate__margin": 0.5, "evaluate__confidence": 0.9, "evaluate__seed": 7, "evaluate__calibration_bins": 5}
    write_params(project.root, project__disclose="aggregate", **changes)
    rules = read_rules(project)
    assert (rules.gate.margin, rules.confidence, rules.seed, rules.calibration_bins) == (0.5, 0.9, 7, 5)
    assert rules.bootstrap_samples == 200
    assert not rules.disclosure.may_show_ids


@pytest.mark.parametrize("text", [None, "lr: 0.1\n", "project: weights-and-biases\n"])
def test_elsewhere_the_documented_rules_hold_and_there_is_no_data_to_check(project: Project, text: str | None) -> None:
    if text is not None:
        write(project, text)
    rules = read_rules(project)
    assert rules.gate == documented(GateConfig).model_copy(update={"data": "off"})
    assert (rules.gate.metric, rules.gate.primary, rules.confidence) == ("accuracy", "required", 0.95)
    assert rules.disclosure.level == "ids"


def test_another_repository_may_have_gates_of_its_own(project: Project) -> None:
    write(project, f"lr: 0.1\n{GATE}")
    rules = read_rules(project)
    assert (rules.gate.metric, rules.gate.rule, rules.gate.classes) == ("brier", "better", "required")
    assert rules.confidence == documented(EvaluateConfig).confidence


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GATE.replace("margin: 0.02", "margin: 2"), r"`gate\.margin`"),
        (GATE.replace("rule: better", "rul: better"), r"unknown key `gate\.rul`"),
        (GATE.replace("  alpha: 0.1\n", ""), r"missing key `gate\.alpha`"),
        ("gate: strict\n", "expected a section `gate:` with keys, got str"),
        ("schema: 2\n", "expected `schema: 1`, got 2"),
        ("schema: 1\n", "expected a section `gate:` with keys, got nothing"),
    ],
)
def test_rules_that_are_wrong_are_named(project: Project, text: str, message: str) -> None:
    write(project, text)
    with pytest.raises(ConfigError, match=message):
        read_rules(project)


@pytest.mark.parametrize("text", ["a: [", "- 1\n", "a: 1\na: 2\n", ""])
def test_params_that_are_none_are_refused(project: Project, text: str) -> None:
    write(project, text)
    with pytest.raises(InputError, match=r"params\.yaml"):
        read_rules(project)


def test_a_private_project_that_lost_its_schema_does_not_become_a_public_one(project: Project) -> None:
    write_params(project.root, project__disclose="aggregate")
    write(project, project.params.read_text(encoding="utf-8").replace("schema: 1\n", ""))
    with pytest.raises(ConfigError, match="expected `schema: 1`, got None"):
        read_rules(project)
