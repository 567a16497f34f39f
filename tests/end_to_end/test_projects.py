"""Pictures of every mode, and two projects that share one repository."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from repository import CLASSES, call, dvc, lay_out_project, save_class_folders, tiny_picture, winnow

pytestmark = pytest.mark.slow


def save_mixed_modes(folder: Path, *, per_class: int) -> None:
    """Gray, gray with alpha, palette, RGB, RGBA, CMYK, 16-bit and EXIF-rotated pictures in turn."""
    rng = np.random.default_rng(3)
    for kind in CLASSES:
        (folder / kind).mkdir(parents=True)
        for number in range(per_class):
            image = Image.fromarray(tiny_picture(rng, kind, 20))
            path = folder / kind / f"{number}"
            mode = number % 8
            if mode == 0:
                image.convert("L").save(path.with_suffix(".png"))
            elif mode == 1:
                image.convert("LA").save(path.with_suffix(".png"))
            elif mode == 2:
                image.quantize(32).save(path.with_suffix(".gif"))
            elif mode == 3:
                image.save(path.with_suffix(".bmp"))
            elif mode == 4:
                image.putalpha(200)
                image.save(path.with_suffix(".png"))
            elif mode == 5:
                image.convert("CMYK").save(path.with_suffix(".jpg"))
            elif mode == 6:
                Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(path.with_suffix(".png"))
            else:
                exif = Image.Exif()
                exif[0x0112] = 6
                image.save(path.with_suffix(".jpg"), exif=exif)


def test_two_projects_in_one_repository_do_not_touch_each_other(make_repository: Callable[[], Path]) -> None:
    root = make_repository()
    mixed = lay_out_project(root / "mixed", code="../src/winnow", train__epochs=1)
    rgba = lay_out_project(
        root / "rgba", code="../src/winnow", train__epochs=1, prepare__channels=4, prepare__alpha="keep"
    )
    save_mixed_modes(root / "in" / "mixed", per_class=24)
    save_class_folders(root / "in" / "plain", per_class=24)
    for path in (root / "in" / "plain").rglob("*.png"):
        Image.open(path).convert("RGBA").save(path)
    winnow(mixed, "add", "../in/mixed")
    winnow(rgba, "add", "../in/plain")
    for stage in ("prepare", "train", "evaluate"):
        winnow(mixed, stage)
    dvc(mixed, "commit", "-q", "-f", "prepare", "train", "evaluate")
    first = {path: path.read_bytes() for path in mixed.rglob("*") if path.is_file()}
    dvc(rgba, "repro", "evaluate")
    assert {path: path.read_bytes() for path in mixed.rglob("*") if path.is_file()} == first
    for project in (mixed, rgba):
        picture = next((root / "in" / "plain").rglob("*.png"))
        assert "%" in winnow(project, "predict", str(picture)) or "0." in winnow(project, "predict", str(picture))
    call(root, "git", "add", "--all")
    tracked = call(root, "git", "ls-files").split()
    assert {"mixed/dvc.lock", "rgba/dvc.lock", "mixed/data/labels.csv", "rgba/reports/metrics.json"} <= set(tracked)
