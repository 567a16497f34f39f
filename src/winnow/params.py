"""The whole of `params.yaml`: every section and its owner. Torch-free."""

from winnow.checks.config import ChecksConfig
from winnow.config import SECTIONS, Section, parse_section, read_params
from winnow.data.config import DataConfig, PrepareConfig
from winnow.evaluation.config import EvaluateConfig
from winnow.export.config import ExportConfig
from winnow.gate_config import GateConfig
from winnow.ingest.config import AddConfig
from winnow.models.config import ModelConfig
from winnow.project import Project
from winnow.project_config import ProjectConfig
from winnow.training.config import TrainConfig

MODELS: dict[str, type[Section]] = {
    "project": ProjectConfig,
    "data": DataConfig,
    "add": AddConfig,
    "prepare": PrepareConfig,
    "checks": ChecksConfig,
    "model": ModelConfig,
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
    "export": ExportConfig,
    "gate": GateConfig,
}
assert tuple(MODELS) == SECTIONS, "config.py names the sections, params.py their owners"


def check_params(project: Project) -> dict[str, Section]:
    """Return every section, validated; raises ConfigError for the first thing that is wrong."""
    content = read_params(project.params)
    return {name: parse_section(content.get(name), name, model, project.params) for name, model in MODELS.items()}
