"""What is known of a model before its first step: every byte of its run follows from this and the device."""

from winnow.config import read_section
from winnow.data.prepared import read_meta
from winnow.models.bundle import Architecture, BundleMeta, installed_versions
from winnow.models.config import ModelConfig
from winnow.models.pretrained import published_normalization
from winnow.project import Project
from winnow.training.config import TrainConfig


def describe(project: Project, code: str) -> BundleMeta:
    """Return what `params.yaml`, the prepared data and the hash `code` of the sources say about the model to be.

    Raises ConfigError for wrong parameters and InputError when nothing is prepared.
    """
    model = read_section(project, "model", ModelConfig)
    train = read_section(project, "train", TrainConfig)
    data = read_meta(project.prepared)
    architecture = Architecture(
        name=model.name,
        num_classes=len(data.labels),
        channels=data.spec.channels,
        size=data.spec.size,
        options=model.options,
    )
    mean, std = data.mean, data.std
    if model.normalization == "pretrained":
        mean, std = published_normalization(architecture)
    return BundleMeta(
        architecture=architecture,
        spec=data.spec,
        mean=mean,
        std=std,
        labels=data.labels,
        params={"model": model.model_dump(), "train": train.model_dump()},
        code_hash=code,
        data_hash=data.data_hash,
        versions=installed_versions(),
    )
