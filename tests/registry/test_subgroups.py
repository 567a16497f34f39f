"""Accuracy in the parts of the test set."""

from pathlib import Path

import pyarrow as pa
import pytest
from predicted import predict, save

from repository import write_params
from winnow.disclosure import Disclosure
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.registry.subgroups import find_subgroups

IDS = [f"image {number:02d}" for number in range(30)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Thirty test images of three sites; the model is wrong about half of those of the second one."""
    write_params(tmp_path, gate__subgroup_columns=["site", "absent"])
    sites = ["north"] * 10 + ["south"] * 16 + ["east"] * 4
    scores = predict(dict.fromkeys(IDS, "cat"), wrong=IDS[10:18])
    project = Project(tmp_path)
    project.predictions.parent.mkdir()
    table = scores.table.append_column("site", pa.array(sites))
    save(project.predictions, type(scores)(table, scores.probabilities, scores.classes))
    return project


def test_the_weakest_comes_first_and_a_handful_is_nobodys_business(project: Project) -> None:
    found = find_subgroups(project, Disclosure("ids"), 0.95)
    assert not isinstance(found, NotAvailable)
    assert [(each.column, each.value, each.num_images, each.accuracy.value) for each in found] == [
        ("site", "south", 16, 0.5),
        ("site", "north", 10, 1.0),
    ]
    south = found[0].accuracy
    # Wilson's interval of 8 out of 16.
    assert (south.low, south.high) == (pytest.approx(0.2800, abs=1e-4), pytest.approx(0.7200, abs=1e-4))


def test_aggregates_only_means_no_subgroups(project: Project) -> None:
    found = find_subgroups(project, Disclosure("aggregate"), 0.95)
    assert found == NotAvailable(not_available="project.disclose is aggregate")


def test_without_columns_or_predictions_the_reason_is_told(project: Project) -> None:
    project.predictions.unlink()
    found = find_subgroups(project, Disclosure("ids"), 0.95)
    assert found == NotAvailable(not_available="expected reports/predictions.parquet, found nothing")
    write_params(project.root)
    found = find_subgroups(project, Disclosure("ids"), 0.95)
    assert found == NotAvailable(not_available="gate.subgroup_columns names none")
