from pathlib import Path

import pytest

from winnow.errors import ConfigError
from winnow.gate_config import GateConfig, read_sensitivity
from winnow.params import check_params
from winnow.project import Project

ROOT = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return Project(tmp_path)


def edit(project: Project, old: str, new: str) -> None:
    text = project.params.read_text(encoding="utf-8")
    assert text.count(old) == 1
    project.params.write_text(text.replace(old, new), encoding="utf-8")


def test_what_a_comparison_should_see_is_read_from_the_gate(project: Project) -> None:
    edit(project, "  margin: 0.03", "  margin: 0.02")
    asked = read_sensitivity(project)
    assert (asked.margin, asked.alpha, asked.power) == (0.02, 0.05, 0.8)


def test_floors_and_budgets_are_lists_of_limits(project: Project) -> None:
    edit(project, "  floors: []", "  floors: [{metric: accuracy, limit: 0.9, level: required}]")
    edit(project, "  budgets: []", "  budgets: [{name: train_s, limit: 600.0, level: advisory}]")
    gate = check_params(project)["gate"]
    assert isinstance(gate, GateConfig)
    assert (gate.floors[0].metric, gate.floors[0].limit) == ("accuracy", 0.9)
    assert (gate.budgets[0].name, gate.budgets[0].level) == ("train_s", "advisory")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  rule: not_worse", "  rule: no_worse", "gate.rule"),
        ("  metric: accuracy", "  metric: acuracy", "gate.metric"),
        ("  margin: 0.03", "  margin: 0.0", "gate.margin"),
        ("  budgets: []", "  budgets: [{name: train_s, limit: 0.0, level: advisory}]", "gate.budgets.0.limit"),
        ("  budgets: []", "  budgets: [{name: train_s, limt: 9.0, level: advisory}]", "gate.budgets.0.limt"),
    ],
)
def test_a_mistake_is_named_by_its_key(project: Project, old: str, new: str, expected: str) -> None:
    edit(project, old, new)
    with pytest.raises(ConfigError) as refused:
        check_params(project)
    assert expected in str(refused.value)
