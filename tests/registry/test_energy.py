"""Time as it was measured; energy, carbon and money as the owner's figures give them."""

import json
from pathlib import Path

import pytest
from registered import CARD

from winnow.project import Project
from winnow.registry.energy import estimate_effort
from winnow.registry.owner_part import read_owner_part


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.cost("train").parent.mkdir(parents=True)
    for step, content in {
        "prepare": {"wall_s": 600.0},
        "train": {"wall_s": 3000, "device": "cpu"},
        "evaluate": {"wall_s": "soon"},
    }.items():
        project.cost(step).write_text(json.dumps({"schema": 1, "task": "single_label", **content}))
    project.card_source.write_text(CARD)
    return project


def test_an_hour_at_65_watts_and_a_fifth_more(project: Project) -> None:
    effort = estimate_effort(project, read_owner_part(project))
    assert [(step.step, step.wall_s, step.device) for step in effort.steps] == [
        ("prepare", 600, None),
        ("train", 3000, "cpu"),
    ]
    assert effort.wall_s == 3600
    assert effort.energy_kwh == pytest.approx(0.065 * 1.2)
    assert effort.carbon_g == pytest.approx(0.065 * 1.2 * 400)
    assert effort.price is None


def test_without_the_owners_figures_nothing_is_estimated(project: Project) -> None:
    text = CARD.replace("power_w: 65", "power_w: null").replace("price_per_h: null", "price_per_h: 0.5")
    project.card_source.write_text(text)
    effort = estimate_effort(project, read_owner_part(project))
    assert (effort.energy_kwh, effort.carbon_g, effort.price) == (None, None, 0.5)
