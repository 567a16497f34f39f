"""A model in a project's bundle, for tests that predict."""

from collections.abc import Sequence

from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta, installed_versions
from winnow.models.factory import build
from winnow.project import Project
from winnow.transforms.spec import PreprocessSpec

SPEC = PreprocessSpec(
    size=8, channels=3, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
)
REDDEST = '''
import time
from torch import nn

class Reddest(nn.Module):
    """The logit of a class is the mean of its channel."""

    def forward(self, images):
        time.sleep({delay_s})
        return 3 * images.mean(dim=(2, 3))

def reddest(*, num_classes, channels, size):
    return Reddest()
'''


def save_reddest(project: Project, *, delay_s: float = 0) -> None:
    """Give the project a model that names the strongest colour, and waits so long before each batch."""
    project.custom.mkdir(parents=True, exist_ok=True)
    (project.custom / "toy.py").write_text(REDDEST.format(delay_s=delay_s), encoding="utf-8")
    save_model(project, "toy:reddest", SPEC, ["red", "green", "blue"])


def save_model(project: Project, name: str, spec: PreprocessSpec, labels: Sequence[str]) -> None:
    """Give the project an untrained model."""
    architecture = Architecture(name=name, num_classes=len(labels), channels=spec.channels, size=spec.size, options={})
    meta = BundleMeta(
        architecture=architecture,
        spec=spec,
        mean=[0.5] * spec.channels,
        std=[0.5] * spec.channels,
        labels=list(labels),
        params={},
        code_hash="",
        data_hash="",
        versions=installed_versions(),
    )
    store.save(project.bundle, build(**architecture.model_dump(), custom=project.custom), meta)
