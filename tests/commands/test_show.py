from pathlib import Path

import pytest

from winnow.commands.show import show
from winnow.errors import InputError
from winnow.files import write_json, write_text
from winnow.project import Project

SHIPPED = Path(__file__).parents[2] / "params.yaml"
DATA = {"num_images": 30, "num_classes": 2, "splits": {"train": 20, "test": 10}, "checks": []}
METRICS = {"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "num_test": 10, "confidence": 0.95}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "params.yaml").write_bytes(SHIPPED.read_bytes())
    return Project(tmp_path)


@pytest.fixture
def evaluated(project: Project) -> Project:
    write_json(project.data_report, DATA)
    write_json(project.metrics, METRICS)
    write_text(project.per_class, "label,support,f1,f1_low,f1_high\nash,6,0.8,0.5,0.9\noak,4,,,\n")
    write_text(project.confusion, "actual,predicted,count\nash,ash,5\nash,oak,1\n")
    write_json(project.cost("train"), {"wall_s": 12.5, "device": "cpu"})
    for name in ("curves.png", "confusion.png"):
        write_text(project.figures / name, "")
    return project


def test_the_page_tells_the_whole_story(evaluated: Project) -> None:
    page = "\n".join(show(evaluated).lines())
    assert page.startswith("classifier · winnow/small_cnn\n")
    for said in (
        "30 images · 2 classes",
        "0.900   [0.800, 0.950]",
        "ash   0.800   [0.500, 0.900]",
        "ash taken for oak   1",
        "12.5 s   cpu",
        "reports/figures/confusion.png\n  reports/figures/curves.png",
        "winnow predict IMAGE",
    ):
        assert said in page


def test_without_a_terminal_the_page_is_plain_and_narrow(evaluated: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert max(map(len, show(evaluated).lines())) <= 100
    monkeypatch.setenv("COLUMNS", "20")
    lines = show(evaluated).lines()
    assert not [line for line in lines if "\x1b" in line]
    assert any(len(line) > 20 for line in lines)


def test_before_training_the_data_are_shown_and_the_next_command(project: Project) -> None:
    write_json(project.data_report, DATA)
    page = "\n".join(show(project).lines())
    assert "30 images" in page
    assert "Metrics" not in page
    assert page.endswith("dvc repro   train a model and judge it")


def test_records_are_the_numbers(evaluated: Project) -> None:
    records = show(evaluated).records()
    assert records["metrics"]["accuracy"] == 0.9
    assert records["cost"].keys() == {"train"}


def test_a_project_without_reports_says_what_to_run(project: Project) -> None:
    with pytest.raises(InputError, match="dvc repro"):
        show(project)


def test_what_a_looser_level_let_the_report_hold_is_not_shown(project: Project) -> None:
    finding = {"id": "D203", "severity": "info", "message": "m", "hint": "h", "examples": [{"ids": ["00ff"]}]}
    write_json(project.data_report, DATA | {"checks": [finding], "near_duplicates": [{"held_out": "00ff", "of": "11"}]})
    assert "00ff" in str(show(project).records())
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("disclose: ids", "disclose: aggregate"), encoding="utf-8")
    assert "00ff" not in str(show(project).records()) + "".join(show(project).lines())
    assert "D203" in "".join(show(project).lines())
