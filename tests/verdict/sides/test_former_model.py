import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from branches import Branches, tiny_id, tiny_png
from former import put_code, stand_in

from winnow.errors import InputError, MachineError
from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta, installed_versions
from winnow.models.factory import build
from winnow.transforms.spec import PreprocessSpec
from winnow.verdict.sides.former_model import ask

CUSTOM = '''
import torch
from torch import nn

class Brightness(nn.Module):
    """Bright is the first class, dark the second."""

    def forward(self, images):
        mean = images.mean(dim=(1, 2, 3))
        return torch.stack([mean, -mean], dim=1)

def brightness(*, num_classes, channels, size):
    return Brightness()
'''
SPEC = PreprocessSpec(size=4, channels=1, fit="stretch", resample="nearest", alpha="composite", background=[0, 0, 0])


@pytest.fixture
def made(tmp_path: Path) -> Branches:
    return Branches.create(tmp_path / "repository")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in (7, 60_000):
        (folder / tiny_id(number)).write_bytes(tiny_png(number))
    return folder


def work_trees(made: Branches) -> int:
    return len(made.git("worktree", "list").splitlines())


def save_model(made: Branches) -> None:
    """Train nothing: the model has no weights."""
    torch.set_num_threads(1)
    made.project.custom.mkdir()
    (made.project.custom / "toy.py").write_text(CUSTOM, encoding="utf-8")
    architecture = Architecture(name="toy:brightness", num_classes=2, channels=1, size=4, options={})
    meta = BundleMeta(
        architecture=architecture,
        spec=SPEC,
        mean=[0.5],
        std=[0.5],
        labels=["day", "night"],
        params={},
        code_hash="",
        data_hash="",
        versions=installed_versions(),
    )
    store.save(made.project.bundle, build(**architecture.model_dump(), custom=made.project.custom), meta)


def hand_to_dvc(made: Branches, folder: Path, **renamed: str) -> str:
    """Move a folder into DVC's cache; return the `dvc.lock` that names it. `renamed` are names in its listing."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    entries = [{"md5": made.put(content), "relpath": renamed.get("name", name)} for name, content in files.items()]
    for path in folder.iterdir():
        path.unlink()
    md5 = made.put(json.dumps(entries).encode(), ".dir")
    return f"stages:\n  train:\n    cmd: x\n    outs:\n    - {{path: models/bundle, hash: md5, md5: {md5}}}\n"


@pytest.mark.slow
def test_a_model_in_the_cache_answers_as_its_closed_form(made: Branches, images: Path, tmp_path: Path) -> None:
    save_model(made)
    lock = hand_to_dvc(made, made.project.bundle)
    commit = made.commit(dvc_lock=lock)
    found = ask(made.project, commit, images, tmp_path / "work")
    means = {tiny_id(number): (number // 256 + number % 256) / 2 / 255 * 2 - 1 for number in (7, 60_000)}
    assert found.classes == ["day", "night"]
    expected = [1 / (1 + np.exp(-2 * means[image])) for image in found.column("id")]
    assert found.probabilities[:, 0] == pytest.approx(expected, abs=1e-5)
    assert (len(found), work_trees(made)) == (2, 1)


def test_the_code_of_that_commit_answers_whatever_has_become_of_it(
    made: Branches, images: Path, tmp_path: Path
) -> None:
    put_code(made, stand_in({tiny_id(7): "dog"}))
    first = made.commit()
    put_code(made, "raise SystemExit('error: never called')")
    made.commit()
    found = ask(made.project, first, images, tmp_path / "work")
    answers = dict(zip(found.column("id"), found.probabilities.argmax(axis=1).tolist(), strict=True))
    assert answers == {tiny_id(7): 1, tiny_id(60_000): 0}
    assert not (tmp_path / "work" / "tree").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the hook is a script")
def test_no_hook_runs_in_the_checkout(made: Branches, images: Path, tmp_path: Path) -> None:
    # DVC installs one that would fetch all data.
    put_code(made, stand_in())
    commit = made.commit()
    hook = made.project.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'called'}\n", encoding="utf-8")
    hook.chmod(0o755)
    ask(made.project, commit, images, tmp_path / "work")
    assert not (tmp_path / "called").exists()
    made.git("checkout", "-q", "-b", "other")
    assert (tmp_path / "called").exists()


def test_a_project_in_a_subfolder_may_have_the_code_above_it(images: Path, tmp_path: Path) -> None:
    made = Branches.create(tmp_path / "repository" / "below")
    made.git("init", "-q", "-b", "main", "..")
    root = Branches(tmp_path / "repository")
    (made.project.root / ".git").rename(tmp_path / "spare")
    put_code(made, stand_in())
    (made.project.root / "src").rename(root.project.root / "src")
    root.git("add", "-A")
    root.git("commit", "-q", "-m", "x")
    assert len(ask(made.project, root.git("rev-parse", "HEAD"), images, tmp_path / "work")) == 2


@pytest.mark.parametrize(
    ("main", "message"),
    [
        ("raise SystemExit('error: no such option: --batch')", "`winnow predict` failed: no such option: --batch"),
        ("import nothing_of_that_name", "failed: ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit(f'error: {__file__}: odd')", r"failed: src.winnow.__main__\.py: odd"),
        ("", "what it predicts cannot be read"),
        (stand_in().replace('"refused"', '"other"'), "what it predicts cannot be read"),
    ],
)
def test_code_that_cannot_answer_is_told_and_leaves_nothing(
    made: Branches, images: Path, tmp_path: Path, main: str, message: str
) -> None:
    put_code(made, main)
    with pytest.raises(InputError, match=message):
        ask(made.project, made.commit(), images, tmp_path / "work")
    assert work_trees(made) == 1


def test_a_model_that_was_never_recorded_is_told(made: Branches, images: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="recorded no bundle"):
        ask(made.project, made.commit(), images, tmp_path / "work")
    assert work_trees(made) == 1


def test_a_model_cannot_write_outside_of_its_folder(made: Branches, images: Path, tmp_path: Path) -> None:
    put_code(made, stand_in())
    lock = hand_to_dvc(made, made.project.bundle, name="../../../evil")
    with pytest.raises(InputError, match=r"expected a file of the model, got '\.\./"):
        ask(made.project, made.commit(dvc_lock=lock), images, tmp_path / "work")
    assert not list(tmp_path.rglob("evil"))


def test_without_torch_nothing_is_tried(
    made: Branches, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MachineError, match="torch is not installed"):
        ask(made.project, "0" * 40, images, tmp_path / "work")
    assert not (tmp_path / "work").exists()
