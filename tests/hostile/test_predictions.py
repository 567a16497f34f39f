"""`winnow predict` over the corpus: what is no image is refused in its place, the rest is answered."""

from pathlib import Path

import numpy as np
import pytest
import torch
from corpus_files import FINE, corpus
from law import MAX_PIXELS, outcome
from tiny_model import save_model

from repository import write_params
from winnow.commands.predict import predict
from winnow.errors import ExitCode
from winnow.ingest.quarantine import Refusal
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
    spec = PreprocessSpec(size=8, channels=4, fit="pad", resample="bicubic", alpha="keep", background=[255, 255, 255])
    save_model(project, "winnow/small_cnn", spec, ["bird", "cat", "dog"])
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
