from pathlib import Path

import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from winnow.data.prepared import write_index
from winnow.errors import ConfigError, InputError
from winnow.models.bundle import installed_versions
from winnow.project import Project
from winnow.training.description import describe
from winnow.transforms.spec import PreprocessSpec

SHIPPED = Path(__file__).parents[2] / "params.yaml"
SPEC = PreprocessSpec(size=8, channels=1, fit="pad", resample="nearest", alpha="composite", background=[0, 0, 0])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.params.write_bytes(SHIPPED.read_bytes())
    project.prepared.mkdir(parents=True)
    return project


def write_labels(project: Project) -> None:
    rows = [
        {"id": f"{row:020x}", "label": label, "group": "", "split": "train", "part": "part-0", "row": row}
        for row, label in enumerate(["b", "a", "b"])
    ]
    write_index(project.prepared, pa.Table.from_pylist(rows), spec=SPEC, mean=[0.25], std=[0.5])


def test_it_takes_the_images_side_from_the_data_and_the_rest_from_the_parameters(project: Project) -> None:
    write_labels(project)
    meta = describe(project, code="c" * 64)
    assert (meta.spec, meta.mean, meta.std, meta.labels) == (SPEC, [0.25], [0.5], ["a", "b"])
    assert (meta.architecture.num_classes, meta.architecture.channels, meta.architecture.size) == (2, 1, 8)
    shipped = YAML(typ="safe", pure=True).load(SHIPPED.read_text(encoding="utf-8"))
    assert meta.params == {"model": shipped["model"], "train": shipped["train"]}
    assert meta.code_hash == "c" * 64
    assert len(meta.data_hash) == 64
    assert meta.versions == installed_versions()


def test_published_means_replace_the_datas_when_asked(project: Project) -> None:
    write_labels(project)
    text = SHIPPED.read_text(encoding="utf-8")
    text = text.replace("normalization: dataset", "normalization: pretrained")
    project.params.write_text(text.replace("name: winnow/small_cnn", "name: torchvision/resnet18"), encoding="utf-8")
    meta = describe(project, code="")
    assert meta.mean == pytest.approx([0.449], abs=0.001)
    assert len(meta.std) == 1


def test_without_prepared_data_it_names_the_step_that_makes_it(project: Project) -> None:
    with pytest.raises(InputError) as caught:
        describe(project, code="")
    assert "prepare" in caught.value.hint


def test_wrong_parameters_are_refused_before_the_data_is_read(project: Project) -> None:
    project.params.write_text(SHIPPED.read_text(encoding="utf-8").replace("epochs:", "epoch:", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"unknown key `train\.epoch`"):
        describe(project, code="")
