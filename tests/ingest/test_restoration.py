from collections.abc import Callable

import pytest

from winnow.data.labels import Labels
from winnow.ingest.config import AddConfig
from winnow.ingest.intake import stage
from winnow.ingest.publication import Journal, publish, read_journal
from winnow.ingest.restoration import restore
from winnow.ingest.source_item import Source
from winnow.ingest.tracking import folder_md5
from winnow.project import Project

TinyId = Callable[[int], str]
Images = dict[str, tuple[int, str]]
MakeSource = Callable[[dict[str, tuple[int, str]]], Source]

IMAGES = {"a": (1, "cat"), "b": (2, "dog"), "c": (3, "dog")}


@pytest.fixture
def bare(project: Project, list_source: MakeSource, config: AddConfig) -> Labels:
    """A clone: labels.csv and images.dvc, no part. Returns its labels."""
    staged = stage(project, list_source(IMAGES), Labels.empty(), config)
    publish(project, staged.parts, staged.rows)
    [part] = project.images.iterdir()
    project.images_dvc.write_text(
        f"outs:\n- md5: {folder_md5([part])}\n  size: {part.stat().st_size}\n  nfiles: 1\n  path: images\n",
        encoding="utf-8",
    )
    part.rename(project.root / "original.arrow")
    project.journal.unlink()
    return staged.rows


def test_the_same_source_gives_the_same_bytes(
    project: Project, bare: Labels, list_source: MakeSource, config: AddConfig
) -> None:
    staged = restore(project, list_source(IMAGES), bare, config)
    assert staged is not None
    [part] = project.images.iterdir()
    assert part.read_bytes() == (project.root / "original.arrow").read_bytes()
    assert read_journal(project) == Journal(untracked=[part.name])


def test_relabelled_and_removed_images_do_not_matter(
    project: Project, bare: Labels, list_source: MakeSource, config: AddConfig, tiny_id: TinyId
) -> None:
    labels = bare.without([tiny_id(1)]).relabelled({tiny_id(2): "cow"})
    assert restore(project, list_source(IMAGES), labels, config) is not None


@pytest.mark.parametrize(
    "images",
    [
        pytest.param({"a": (1, "cat"), "b": (2, "dog")}, id="an image less"),
        pytest.param({**IMAGES, "d": (4, "dog")}, id="an image more"),
        pytest.param({"x": (7, "cat"), "y": (8, "cat"), "z": (9, "cat")}, id="other images"),
        pytest.param(dict(reversed(IMAGES.items())), id="another order"),
        pytest.param({"a": (-1, "cat"), "b": (-1, "dog"), "c": (-1, "dog")}, id="nothing usable"),
    ],
)
def test_another_source_changes_nothing(
    project: Project, bare: Labels, list_source: MakeSource, config: AddConfig, images: Images
) -> None:
    assert restore(project, list_source(images), bare, config) is None
    assert list(project.images.iterdir()) == []
    assert read_journal(project) == Journal()


def test_without_a_record_there_is_nothing_to_restore(
    project: Project, list_source: MakeSource, config: AddConfig
) -> None:
    assert restore(project, list_source(IMAGES), Labels.empty(), config) is None
