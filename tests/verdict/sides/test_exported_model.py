import json
from pathlib import Path

import numpy as np
import pytest
from branches import Branches, tiny_id, tiny_png
from tiny_onnx import about, save_means

from winnow.errors import InputError
from winnow.verdict.sides.exported_model import ask_file

DAY_AND_NIGHT = [[1 / 255], [-1 / 255]]


@pytest.fixture
def made(tmp_path: Path) -> Branches:
    return Branches.create(tmp_path / "repository")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in (7, 60_000):
        (folder / tiny_id(number)).write_bytes(tiny_png(number))
    (folder / "broken").write_bytes(b"no picture")
    return folder


def save_model(made: Branches) -> Path:
    said = about(["day", "night"], channels=1).to_metadata()
    return save_means(made.project.onnx / "model.onnx", DAY_AND_NIGHT, said)


def test_a_file_in_the_cache_answers_and_no_code_of_that_commit_runs(
    made: Branches, images: Path, tmp_path: Path
) -> None:
    path = save_model(made)
    entry = {"md5": made.put(path.read_bytes()), "relpath": path.name}
    path.unlink()
    md5 = made.put(json.dumps([entry]).encode(), ".dir")
    lock = f"stages:\n  export:\n    cmd: x\n    outs:\n    - {{path: models/onnx, hash: md5, md5: {md5}}}\n"
    found = ask_file(made.project, made.commit(dvc_lock=lock), images, tmp_path / "work")
    means = {tiny_id(number): (number // 256 + number % 256) / 2 / 255 for number in (7, 60_000)}
    expected = [1 / (1 + np.exp(-2 * means[image])) for image in found.column("id")]
    assert (len(found), found.classes) == (2, ["day", "night"])
    assert found.probabilities[:, 0] == pytest.approx(expected, abs=1e-5)


def test_a_commit_without_the_file_is_told(made: Branches, images: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no model\.onnx"):
        ask_file(made.project, made.commit(), images, tmp_path / "work")


def test_a_file_of_another_kind_is_refused(made: Branches, images: Path, tmp_path: Path) -> None:
    save_model(made).write_bytes(b"nonsense")
    with pytest.raises(InputError, match="cannot be loaded"):
        ask_file(made.project, made.commit(), images, tmp_path / "work")
