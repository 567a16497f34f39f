"""A bundle's noted answers, and the same pipeline twice: what is equal passes, what differs is named."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_model import SPEC, save_model

from winnow.project import Project

LABELS = ["red", "green", "blue"]


def answer(image: str, **probabilities: float) -> dict[str, Any]:
    return {"image": image, "probabilities": probabilities}


NOTED = [answer("a.png", red=0.7, blue=0.3), answer("b.png", red=0.2, blue=0.8)]


def test_answers_within_the_tolerance_are_the_same(tooling: SimpleNamespace) -> None:
    found = [NOTED[0], answer("b.png", red=0.2004, blue=0.7996)]
    problem, worst = tooling.answers.judge(NOTED, found, 1e-3)
    assert problem == ""
    assert worst == pytest.approx(4e-4)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([NOTED[0], answer("b.png", red=0.21, blue=0.79)], "worst difference of a probability is 0.010000 (b.png)"),
        ([NOTED[0], answer("b.png", red=0.6, blue=0.4)], "1 of 2 images have another top class, such as b.png"),
        ([NOTED[0], answer("b.png", green=0.2, blue=0.8)], "worst difference of a probability is 0.200000 (b.png)"),
        ([NOTED[0]], "not the images"),
        ([NOTED[1], NOTED[0]], "not the images"),
    ],
)
def test_an_answer_that_moved_is_named(found: list[Any], said: str, tooling: SimpleNamespace) -> None:
    problem, worst = tooling.answers.judge(NOTED, found, 1e-3)
    assert said in problem
    assert worst >= 0.01 - 1e-12


def test_the_images_are_spread_over_all_that_there_are(tooling: SimpleNamespace) -> None:
    paths = [Path(f"{number:03}") for number in range(100)]
    assert [path.name for path in tooling.answers.some(paths, 4)] == ["000", "025", "050", "075"]
    assert tooling.answers.some(paths[:3], 4) == paths[:3]


def test_without_noted_answers_the_way_to_note_them_is_named(tooling: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(tooling.running.Exit, match=r"hint: python tasks\.py answers --write"):
        tooling.answers.compare_answers(tmp_path)


@pytest.mark.slow
def test_a_bundle_gives_its_noted_answers_again_and_another_one_does_not(
    tooling: SimpleNamespace, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import torch

    (tmp_path / "images").mkdir()
    for number, color in enumerate([(255, 0, 0), (0, 255, 0), (20, 30, 255)]):
        Image.fromarray(np.full((9, 7, 3), color, dtype=np.uint8)).save(tmp_path / "images" / f"{number}.png")
    for seed, name in ((1, "bundle"), (2, "other")):
        torch.manual_seed(seed)
        project = Project(tmp_path / name)
        save_model(project, "winnow/small_cnn", SPEC, LABELS)
        shutil.move(project.bundle, tmp_path / f"{name}-bundle")
        shutil.rmtree(project.root)
        shutil.move(tmp_path / f"{name}-bundle", project.root)
    tooling.answers.note(tmp_path)
    assert json.loads((tmp_path / "answers.json").read_text())["tolerance"] == tooling.answers.TOLERANCE
    tooling.answers.compare_answers(tmp_path)
    assert "probabilities differ by at most 0.0e+00 (allowed: 1e-03)" in capfd.readouterr().out
    shutil.rmtree(tmp_path / "bundle")
    shutil.move(tmp_path / "other", tmp_path / "bundle")
    with pytest.raises(tooling.running.Exit, match="the worst difference of a probability is") as end:
        tooling.answers.compare_answers(tmp_path)
    assert end.value.code == 1


# A stage that tells the time, and two that do not: a file, and a folder with one file that gives its own path away.
STAGES = """
stages:
  clock:
    cmd: {python} -c "import time; open('clock.txt', 'w').write(str(time.time_ns()))"
    outs: [clock.txt]
  rice:
    cmd: {python} -c "open('rice.txt', 'w').write('grain')"
    outs: [rice.txt: {{cache: false}}]
  folder:
    cmd: >-
      {python} -c
      "import os; os.mkdir('out'); open('out/x', 'w').write('x'); open('out/where', 'w').write(os.getcwd())"
    outs: [out]
"""


@pytest.mark.slow
def test_outputs_of_a_second_run_that_differ_are_named_to_the_file(
    tooling: SimpleNamespace, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def make(folder: Path) -> None:
        (folder / ".dvc").mkdir()
        # One cache for both, as a user may have set it up: it must not lend the first run's outputs to the second.
        cache = (tmp_path / "cache").as_posix()
        settings = f"[core]\n    no_scm = true\n    analytics = false\n[cache]\n    dir = {cache}\n"
        (folder / ".dvc" / "config").write_text(settings)
        (folder / "dvc.yaml").write_text(STAGES.format(python=Path(sys.executable).as_posix()))

    with pytest.raises(tooling.running.Exit) as end:
        tooling.twice.run_twice(make, tmp_path / "scratch")
    assert end.value.code == 1
    assert str(end.value).splitlines() == ["two runs gave different outputs:", "  clock.txt", "  out: where"]
    found = tooling.twice.outputs(tmp_path / "scratch" / "first")
    assert set(found) == {"clock.txt", "rice.txt", "out"}


def test_an_output_that_only_one_run_has_is_a_difference(tooling: SimpleNamespace) -> None:
    first = {"a": {"md5": "1"}, "b": {"md5": "2"}}
    assert tooling.twice.different(first, dict(first)) == []
    assert tooling.twice.different(first, {"a": {"md5": "1"}}) == ["b"]
