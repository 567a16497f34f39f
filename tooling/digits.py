"""A project of scikit-learn's digits in a folder below this checkout: the shipped flow, with this checkout's code."""

import os
import re
import shutil
from pathlib import Path

from tooling.running import ROOT, must

# Nothing of the user's own settings: no signature, no hooks, no name.
AUTHOR = ("-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false")
DVC_CONFIG = "[core]\n    analytics = false\n    check_update = false\n"


def lay_out(folder: Path, *, with_git: bool) -> None:
    """Make a repository of its own: Git's and DVC's, or DVC's alone."""
    (folder / ".dvc").mkdir(parents=True, exist_ok=True)
    if with_git and not (folder / ".git").exists():
        must("git", "init", "--quiet", "--initial-branch=main", folder=folder)
    config = DVC_CONFIG if with_git else f"{DVC_CONFIG}    no_scm = true\n"
    (folder / ".dvc" / "config").write_text(config, encoding="utf-8")
    (folder / "dvc.yaml").write_text(flow(folder), encoding="utf-8")
    for name in (".dvcignore", ".gitignore", ".gitattributes"):
        shutil.copy(ROOT / name, folder)
    for name in ("custom", ".dvc/plots"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)


def flow(folder: Path) -> str:
    """Return dvc.yaml as a project in `folder` needs it: the code lies in this checkout."""
    code = Path(os.path.relpath(ROOT / "src" / "winnow", folder)).as_posix()
    return (ROOT / "dvc.yaml").read_text(encoding="utf-8").replace("code: src/winnow", f"code: {code}")


def write_params(folder: Path, *, epochs: int | None) -> None:
    """Write the parameters of the digits, with fewer epochs where that is asked for."""
    text = (ROOT / "recipes" / "digits.yaml").read_text(encoding="utf-8")
    if epochs is not None:
        text, count = re.subn(r"(?m)^  epochs: \d+$", f"  epochs: {epochs}", text)
        assert count == 1, "the recipe says once for how long to train"
    (folder / "params.yaml").write_text(text, encoding="utf-8")


def write_pictures(folder: Path) -> None:
    """Write one picture of each digit, as a user of the model might have it: gray PNG files of 8 x 8 pixels."""
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    folder.mkdir(exist_ok=True)
    for digit in range(10):
        pixels = digits.images[digits.target == digit][-1] * (255 / 16)
        Image.fromarray(pixels.astype("uint8")).save(folder / f"{digit}.png")
