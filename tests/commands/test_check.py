import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from ruamel.yaml import YAML

from winnow.commands.check import CheckResult, check, check_page
from winnow.data.labels import read_labels, write_labels
from winnow.errors import ExitCode
from winnow.pipeline import add, prepare
from winnow.project import Project

CLASSES = ("ash", "oak")


def set_params(project: Project, **changes: object) -> None:
    """Change keys of `params.yaml`; `section__key` names one."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(project.params.read_text(encoding="utf-8"))
    for dotted, value in changes.items():
        section, key = dotted.split("__")
        content[section][key] = value
    with project.params.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)


def draw(seed: int) -> Image.Image:
    grid = np.random.default_rng(seed).integers(30, 226, (5, 5), dtype=np.uint8)
    return Image.fromarray(grid).resize((32, 32), Image.Resampling.BICUBIC)


@pytest.fixture
def clean(project: Project) -> Project:
    """Two classes of 60 pictures that are like no other."""
    for at in range(120):
        path = project.root / "scenes" / CLASSES[at % 2] / f"{at}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(at).save(path)
    write_labels(project.labels, read_labels(project.labels).only([]))
    set_params(project, gate__margin=0.5, checks__disagreement=0.5)
    add.run(project, "scenes", track=False)
    return project


def ids(project: Project, *names: str) -> set[str]:
    rows = read_labels(project.labels).table.to_pylist()
    return {row["id"] for row in rows if Path(row["name"]).name in names}


def plant(project: Project) -> None:
    """A picture under two labels, re-encoded; prepared again."""
    for label in CLASSES:
        (project.root / "more" / label).mkdir(parents=True)
    draw(500).save(project.root / "more" / "ash" / "twin.png")
    draw(500).save(project.root / "more" / "oak" / "twin.jpg", quality=90)
    add.run(project, "more", track=False)
    prepare.run(project)


def predict(project: Project, suspects: int = 0) -> list[str]:
    """Write predictions that agree with all labels but the first few; return the ids of these."""
    index = pa.ipc.open_file(pa.OSFile(str(project.prepared / "index.arrow"))).read_all()
    rows = [row for row in index.to_pylist() if row["split"] in {"val", "test"}]
    right = [0.9 if at >= suspects else 0.03 for at in range(len(rows))]
    columns = {key: [row[key] for row in rows] for key in ("id", "split", "label", "group")}
    for label in CLASSES:
        values = [p if row["label"] == label else 1 - p for p, row in zip(right, rows, strict=True)]
        columns[f"prob_{label}"] = np.array(values, dtype=np.float32)
    metadata = {"schema": "1", "task": "single_label", "labels": json.dumps(CLASSES)}
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), project.predictions)
    return [row["id"] for row in rows[:suspects]]


def found(result: CheckResult) -> dict[str, set[str]]:
    """Return the ids of images by check."""
    return {each.id: {image for example in each.examples for image in example.ids} for each in result.findings}


def test_a_clean_data_set_passes_every_check(clean: Project) -> None:
    prepare.run(clean)
    predict(clean)
    result = check(clean, is_strict=True)
    assert result.findings == []
    assert result.not_run == {}
    assert result.exit_code == ExitCode.OK
    assert list(result.lines()) == ["120 labelled images: nothing found"]


def test_without_pixels_and_predictions_the_rest_is_checked_and_that_is_said(clean: Project) -> None:
    result = check(clean)
    assert result.findings == []
    assert any("D302" in line and "dvc repro prepare" in line for line in result.lines())
    assert any("D601" in line and "dvc repro evaluate" in line for line in result.lines())
    assert not clean.prepared.exists()


def test_one_picture_under_two_labels_is_found_in_the_whole_set(clean: Project) -> None:
    plant(clean)
    result = check(clean)
    twins = ids(clean, "twin.png", "twin.jpg")
    assert len(twins) == 2
    assert found(result)["D302"] == found(result)["D303"] == twins
    assert result.exit_code == ExitCode.OK
    assert check(clean, is_strict=True).exit_code == ExitCode.FAILED


def test_a_label_that_the_predictions_contradict_is_named(clean: Project) -> None:
    prepare.run(clean)
    (suspect,) = predict(clean, suspects=1)
    result = check(clean)
    assert found(result) == {"D601": {suspect}}
    assert any(suspect in line and "looks like" in line for line in result.lines())


def test_predictions_of_other_data_are_said_to_be_stale(clean: Project) -> None:
    prepare.run(clean)
    predict(clean)
    plant(clean)
    for at in range(600, 640):
        draw(at).save(clean.root / "more" / "ash" / f"{at}.png")
    add.run(clean, "more", track=False)
    assert "D602" in found(check(clean))


def test_errors_come_first_and_fail_the_command(clean: Project) -> None:
    set_params(clean, data__test_fraction=0.0, checks__min_images=100)
    result = check(clean)
    assert [finding.severity for finding in result.findings] == ["error", "warning"]
    assert result.exit_code == ExitCode.FAILED
    assert result.records()["counts"] == {"error": 1, "warning": 1, "info": 0}


def test_no_id_is_shown_where_only_aggregates_may_be(clean: Project) -> None:
    plant(clean)
    set_params(clean, project__disclose="aggregate")
    result = check(clean)
    text = "\n".join([*result.lines(), json.dumps(result.records())])
    assert "D303" in text
    assert not [each for each in read_labels(clean.labels).column("id") if each in text]


def test_the_page_shows_pairs_whose_bytes_are_here(clean: Project) -> None:
    plant(clean)
    path, result = check_page(clean)
    page = path.read_text(encoding="utf-8")
    assert path == clean.checks_page
    assert "D303" in page
    assert page.count('src="data:image/png;base64,') == sum(
        len(example.ids) for finding in result.findings for example in finding.examples
    )


@pytest.mark.parametrize("absent", ["part", "prepared"])
def test_a_set_that_is_only_partly_here_is_checked_as_far_as_it_is(clean: Project, absent: str) -> None:
    plant(clean)
    folder = clean.images if absent == "part" else clean.prepared
    for part in folder.glob("part-*.arrow"):
        part.unlink()
    result = check(clean)
    assert any("D302" in ids for ids in result.not_run)
    assert ("D104" in found(result)) == (absent == "part")
