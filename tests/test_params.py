"""The shipped `params.yaml` and the owners of its sections."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from winnow.config import Section
from winnow.errors import ConfigError
from winnow.params import MODELS, check_params
from winnow.project import Project

ROOT = Path(__file__).parent.parent
PARAMS_FILES = [ROOT / "params.yaml", *sorted((ROOT / "recipes").glob("*.yaml"))]


def all_fields(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield f"{prefix}.{name}", field
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from all_fields(inner, f"{prefix}.{name}")


FIELDS = dict(pair for section, model in MODELS.items() for pair in all_fields(model, section))


@pytest.mark.parametrize("path", PARAMS_FILES, ids=lambda path: path.name)
def test_every_shipped_params_file_is_valid(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "params.yaml")
    sections = check_params(Project(tmp_path))
    assert list(sections) == list(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_a_missing_section_is_named(name: str, tmp_path: Path) -> None:
    lines = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()
    start = lines.index(f"{name}:")
    end = next((i for i in range(start + 1, len(lines)) if lines[i] and lines[i][0] != " "), len(lines))
    (tmp_path / "params.yaml").write_text("\n".join(lines[:start] + lines[end:]), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"section `{name}:`"):
        check_params(Project(tmp_path))


@pytest.mark.parametrize("key", FIELDS)
def test_no_key_has_a_hidden_default(key: str) -> None:
    assert FIELDS[key].is_required(), f"{key}: what a run used must stand in params.yaml"


@pytest.mark.parametrize("key", FIELDS)
def test_every_key_is_documented_under_its_field_and_has_a_value_to_suggest(key: str) -> None:
    annotation = FIELDS[key].annotation
    if isinstance(annotation, type) and issubclass(annotation, Section):
        assert annotation.__doc__
        return
    assert FIELDS[key].description, f"{key} needs a docstring under its field"
    assert FIELDS[key].examples, f"{key} needs `examples=[…]`: error messages and docs/params.md suggest it"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("val_fraction: 0.15", "val_fraction: 0.85", "below 1"),
        ("channels: 1", "channels: 4", "go together"),
        ("early_stop_epochs: null", "early_stop_epochs: 3", "select"),
        ("name: classifier", "name: My Classifier", "project.name"),
    ],
)
def test_values_that_contradict_each_other_are_refused(old: str, new: str, named: str, tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "params.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=named):
        check_params(Project(tmp_path))
