from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from winnow.errors import ExitCode

Run = Callable[..., int]


def test_predict_without_a_model_says_which_command_makes_one(
    project: Path, run: Run, capsys: pytest.CaptureFixture
) -> None:
    Image.new("L", (8, 8)).save(project / "one.png")
    assert run("predict", "one.png") == ExitCode.USAGE
    assert "winnow train" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [("--batch", "in"), ("--out", "there"), ("one.png", "--batch", "in", "--out", "there"), ("one.png", "--restart")],
)
def test_predict_takes_images_or_a_batch_with_its_folder(
    arguments: tuple[str, ...], project: Path, run: Run, capsys: pytest.CaptureFixture
) -> None:
    assert run("predict", *arguments) == ExitCode.USAGE
    assert "expected images, or --batch SOURCE --out FOLDER" in capsys.readouterr().err
