import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Never

import numpy as np
import pytest
from PIL import Image

from winnow.commands.compact import compact
from winnow.commands.remove import remove
from winnow.data.config import DataConfig
from winnow.data.labels import read_labels
from winnow.data.locations import locate
from winnow.data.parts import list_parts, part_ids
from winnow.data.splits import deal
from winnow.errors import ExitCode, InputError
from winnow.ingest import publication
from winnow.ingest.publication import Journal, read_journal
from winnow.pipeline import add, prepare
from winnow.project import Project

PARAMS = Path(__file__).parents[2] / "params.yaml"

TinyId = Callable[[int], str]
WriteImages = Callable[[Path, dict[str, int]], Path]


class Killed(BaseException):
    """Stands for a kill."""


@pytest.fixture
def grown(project: Project, write_images: WriteImages) -> Project:
    """Three parts: cats 1 and 2 and dog 3, then cat 4, then dog 5; cat 2 was removed."""
    for label, number in (("cat", 4), ("dog", 5)):
        write_images(project.root / f"raw{number}", {f"{label}/{number}.png": number})
        add.run(project, f"raw{number}", track=False)
    remove(project, ["cat/2.png"])
    return project


def ids_in(project: Project) -> list[str]:
    return [image for part in list_parts(project.images) for image in part_ids(part).to_pylist()]


def bytes_of(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in list_parts(project.images)}


def test_parts_become_one_and_nothing_else_changes(grown: Project, tiny_id: TinyId) -> None:
    labels = grown.labels.read_bytes()
    result = compact(grown, track=False)
    assert (result.before.num_parts, result.after.num_parts, result.num_dropped) == (3, 1, 1)
    assert sorted(ids_in(grown)) == sorted(map(tiny_id, (1, 3, 4, 5)))
    assert grown.labels.read_bytes() == labels
    assert result.exit_code is ExitCode.OK
    text = "\n".join(result.lines())
    assert "3 parts" in text
    assert "became 1 part " in text
    assert "dvc push" not in text


def test_splits_stay_and_every_image_is_found(grown: Project) -> None:
    labels, data = read_labels(grown.labels), DataConfig(seed=0, val_fraction=0.25, test_fraction=0.25)
    before = locate(labels, deal(labels, data), list_parts(grown.images))
    compact(grown, track=False)
    after = locate(labels, deal(labels, data), list_parts(grown.images))
    assert after["part"].null_count == 0
    assert after.select(["id", "label", "split"]).equals(before.select(["id", "label", "split"]))


def test_labels_of_another_commit_than_the_parts_remove_nothing(grown: Project) -> None:
    text = grown.params.read_text(encoding="utf-8")
    grown.params.write_text(text.replace("labels: git", "labels: dvc"), encoding="utf-8")
    pointer = grown.labels.with_name("labels.csv.dvc")
    pointer.write_text(f"outs:\n- md5: {'0' * 32}\n  size: 1\n  hash: md5\n  path: labels.csv\n", encoding="utf-8")
    before = bytes_of(grown)
    with pytest.raises(InputError, match=r"labels\.csv is not the version"):
        compact(grown, track=False)
    assert bytes_of(grown) == before


def test_a_second_run_changes_nothing(grown: Project) -> None:
    compact(grown, track=False)
    before = bytes_of(grown)
    result = compact(grown, track=False)
    assert bytes_of(grown) == before
    assert result.lines() == [f"1 part ({len(next(iter(before.values()))) / 1e6:.2f} MB): nothing to compact"]


@pytest.mark.parametrize("moment", ["exchange", "_move", "_finish_exchange", "_settle", "write_journal"])
def test_a_killed_run_is_finished_by_the_next(
    grown: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moment: str
) -> None:
    twin = Project(shutil.copytree(grown.root, tmp_path / "twin"))
    compact(twin, track=False)

    def die(*_: object, **__: object) -> Never:
        raise Killed

    with monkeypatch.context() as patch:
        target = "winnow.commands.compact.exchange" if moment == "exchange" else f"winnow.ingest.publication.{moment}"
        patch.setattr(target, die)
        # What a killed process would have undone as it failed, it does not undo.
        patch.setattr(publication, "_recover", lambda _: None)
        with pytest.raises(Killed):
            compact(grown, track=False)
    compact(grown, track=False)
    assert bytes_of(grown) == bytes_of(twin)
    assert read_journal(grown) == read_journal(twin)


def test_adding_settles_what_a_killed_run_left(
    grown: Project, monkeypatch: pytest.MonkeyPatch, write_images: WriteImages, tiny_id: TinyId
) -> None:
    def die(*_: object, **__: object) -> Never:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publication, "_finish_exchange", die)
        patch.setattr(publication, "_recover", lambda _: None)
        with pytest.raises(Killed):
            compact(grown, track=False)
    assert len(list_parts(grown.images)) == 4
    write_images(grown.root / "raw6", {"dog/6.png": 6})
    add.run(grown, "raw6", track=False)
    assert sorted(ids_in(grown)) == sorted(map(tiny_id, (1, 3, 4, 5, 6)))
    assert read_journal(grown) == Journal(untracked=read_journal(grown).untracked, is_whole=True)


def test_a_clone_without_the_parts_is_told_how_to_get_them(grown: Project) -> None:
    text = "outs:\n- {md5: 0.dir, size: 12, nfiles: 3, hash: md5, path: images}\n"
    grown.images_dvc.write_text(text, encoding="utf-8")
    for part in list_parts(grown.images):
        part.unlink()
    with pytest.raises(InputError, match=r"not here.*\nhint: dvc pull data/images.dvc"):
        compact(grown, track=False)


def test_a_clone_with_some_of_the_parts_changes_nothing(grown: Project) -> None:
    list_parts(grown.images)[0].unlink()
    before = bytes_of(grown)
    with pytest.raises(InputError, match=r"in no part here\nhint: dvc pull data/images.dvc"):
        compact(grown, track=False)
    assert bytes_of(grown) == before


def save_noise(folder: Path, seeds: range) -> Path:
    """Write pictures of 110 kB in two classes: ten of them fill a part of 1 MB."""
    for seed in seeds:
        path = folder / ("cat", "dog")[seed % 2] / f"{seed}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (192, 192, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return folder


@pytest.mark.slow
def test_pixels_of_a_part_that_is_left_untouched_are_not_made_again(tmp_path: Path) -> None:
    project = Project(tmp_path)
    text = PARAMS.read_text(encoding="utf-8")
    project.params.write_text(text.replace("part_size_mb: 64", "part_size_mb: 1"), encoding="utf-8")
    for seeds in (range(10), range(10, 13), range(13, 15)):
        add.run(project, str(save_noise(tmp_path / f"raw{seeds.start}", seeds)), track=False)
    prepare.run(project)
    assert num_decoded(project) == 15
    result = compact(project, track=False)
    assert (result.before.num_parts, result.after.num_parts, result.num_folded) == (3, 2, 2)
    prepare.run(project)
    assert num_decoded(project) == 5
    assert compact(project, track=False).num_folded == 0


def num_decoded(project: Project) -> int:
    return int(json.loads(project.cost("prepare").read_text(encoding="utf-8"))["num_decoded"])
