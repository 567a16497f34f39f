"""`winnow predict` over the corpus: what is no image is refused in its place, the rest is answered."""

from pathlib import Path

import numpy as np
import pytest
import torch
from corpus_files import FINE, corpus
from law import MAX_PIXELS, outcome

from repository import write_params
from winnow.commands.predict import predict
from winnow.errors import ExitCode
from winnow.ingest.quarantine import Refusal
from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta, installed_versions
from winnow.models.factory import build
from winnow.project import Project
from winnow.transforms.spec import PreprocessSpec

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with an untrained model: what it says does not matter, that it says something does."""
    torch.set_num_threads(1)
    project = Project(tmp_path / "project")
    project.root.mkdir()
    write_params(project.root, add__max_pixels=MAX_PIXELS)
    spec = {"size": 8, "fit": "pad", "resample": "bicubic", "alpha": "keep", "background": [255, 255, 255]}
    architecture = Architecture(name="winnow/small_cnn", num_classes=3, channels=4, size=8, options={})
    meta = BundleMeta(
        architecture=architecture,
        spec=PreprocessSpec.model_validate(spec | {"channels": 4}),
        mean=[0.5] * 4,
        std=[0.5] * 4,
        labels=["bird", "cat", "dog"],
        params={},
        code_hash="",
        data_hash="",
        versions=installed_versions(),
    )
    store.save(project.bundle, build(**architecture.model_dump(), custom=project.custom), meta)
    return project


def test_every_file_is_answered_or_refused_in_its_place(
    project: Project, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / str(number) for number in range(len(corpus()))]
    for path, file in zip(paths, corpus(), strict=True):
        path.write_bytes(file.content)
    result = predict(project, paths, top=3)
    assert result.exit_code is ExitCode.USAGE
    assert capfd.readouterr() == ("", "")
    wrong = {}
    for path, file, said in zip(paths, corpus(), result.predictions, strict=True):
        added = outcome(file.content)
        expected = added.check if isinstance(added, Refusal) else FINE
        got = said.problem.partition(" ")[0] or FINE
        probabilities = np.array([value for _, value in said.top])
        is_sound = got != FINE or (len(said.top) == 3 and abs(probabilities.sum() - 1) < 1e-5)
        if said.path != path or got != expected or not is_sound:
            wrong[file.name] = said
    assert wrong == {}
