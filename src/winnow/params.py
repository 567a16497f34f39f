"""The whole of `params.yaml`: every section and its owner. Torch-free."""

from typing import Annotated, Literal

from pydantic import Field

from winnow.config import SECTIONS, Section, parse_section, read_params
from winnow.data.config import DataConfig, PrepareConfig
from winnow.evaluation.config import EvaluateConfig
from winnow.ingest.config import AddConfig
from winnow.models.config import ModelConfig
from winnow.project import Project
from winnow.training.config import TrainConfig


class ProjectConfig(Section):
    """What the project is called and how much it shows."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", examples=["classifier"])]
    """The model's name in the registry."""

    disclose: Annotated[Literal["aggregate", "ids", "pictures"], Field(examples=["ids"])]
    """The most that a comment, artifact, summary or page may show of single images."""


MODELS: dict[str, type[Section]] = {
    "project": ProjectConfig,
    "data": DataConfig,
    "add": AddConfig,
    "prepare": PrepareConfig,
    "model": ModelConfig,
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
}
assert tuple(MODELS) == SECTIONS, "config.py names the sections, params.py their owners"


def check_params(project: Project) -> dict[str, Section]:
    """Return every section, validated; raises ConfigError for the first thing that is wrong."""
    content = read_params(project.params)
    return {name: parse_section(content.get(name), name, model, project.params) for name, model in MODELS.items()}
