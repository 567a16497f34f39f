"""`winnow prepare` on small parts of generated pictures."""

import io
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from winnow.data.labels import Labels, read_labels, write_labels
from winnow.data.parts import ImageRecord, PartWriter, image_id
from winnow.data.prepared import open_split, read_meta
from winnow.errors import CheckError, InputError
from winnow.pipeline import prepare
from winnow.project import Project
from winnow.transforms.decode import decode
from winnow.transforms.preprocess import preprocess

SHIPPED = Path(__file__).parents[2] / "params.yaml"
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")


def draw(seed: int) -> Image.Image:
    """Return a picture of 40 x 32 that is like no other."""
    grid = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize((40, 32), Image.Resampling.BICUBIC)


def encode(image: Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def add(project: Project, contents: Sequence[bytes], labels: Sequence[str] = ("ash", "oak"), **columns: str) -> None:
    """Write one more part and its rows; labels take turns."""
    project.images.mkdir(parents=True, exist_ok=True)
    rows = []
    with PartWriter(folder=project.images, part_size_bytes=10**9) as writer:
        for at, content in enumerate(contents):
            image = decode(content, max_pixels=10**6)
            writer.add(
                ImageRecord(image_id(content), content, image.format or "", image.mode, image.width, image.height)
            )
            label = labels[at % len(labels)]
            rows.append((image_id(content), label, f"{at}.png", columns.get("group", ""), columns.get("split", "")))
    before = read_labels(project.labels) if project.labels.exists() else Labels.empty()
    write_labels(project.labels, before.merged(Labels.from_rows(rows)))


def set_params(project: Project, **changes: Any) -> None:
    """Write the shipped parameters; `changes` maps dotted keys (with `__`) to values."""
    content = YAML(typ="safe", pure=True).load(SHIPPED.read_text(encoding="utf-8"))
    content["checks"]["disagreement"] = content["gate"]["margin"] = 0.5  # what a handful of test images can show
    for dotted, value in changes.items():
        *sections, key = dotted.split("__")
        place = content
        for section in sections:
            place = place[section]
        place[key] = value
    with project.params.open("w", encoding="utf-8") as stream:
        YAML(typ="safe", pure=True).dump(content, stream)


def outputs(project: Project) -> dict[str, bytes]:
    """Return what DVC would hash."""
    files = [*sorted(project.prepared.iterdir()), project.data_report]
    return {path.name: path.read_bytes() for path in files}


def num_decoded(project: Project) -> int:
    return int(json.loads(project.cost("prepare").read_text())["num_decoded"])


def report(project: Project) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(project.data_report.read_text())
    return content


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    project.root.mkdir()
    set_params(project, prepare__size=16, prepare__channels=3)
    add(project, [encode(draw(seed)) for seed in range(120)])
    return project


def copy_of(project: Project, name: str) -> Project:
    """Return a project with the same inputs and nothing prepared."""
    other = Project(project.root.with_name(name))
    shutil.copytree(project.root, other.root, ignore=shutil.ignore_patterns("prepared", "reports"))
    return other


def test_every_labelled_image_lands_in_a_split_with_its_pixels(project: Project) -> None:
    prepare.run(project)
    meta = read_meta(project.prepared)
    splits = {name: open_split(project.prepared, name) for name in ("train", "val", "test")}
    assert sum(map(len, splits.values())) == 120
    assert meta.labels == ["ash", "oak"]
    contents = {image_id(encode(draw(seed))): encode(draw(seed)) for seed in range(120)}
    for split in splits.values():
        gathered = split.gather(np.arange(len(split)))
        for image, pixels in zip(split.ids, gathered, strict=True):
            assert np.array_equal(pixels, preprocess(decode(contents[image], max_pixels=10**6), meta.spec))


def test_the_report_agrees_with_what_is_prepared(project: Project) -> None:
    prepare.run(project)
    content, meta = report(project), read_meta(project.prepared)
    assert content["num_images"] == content["num_labelled"] == 120
    assert content["splits"]["train"] == len(open_split(project.prepared, "train"))
    assert content["channel_mean"] == meta.mean
    assert content["data_hash"] == meta.data_hash
    assert "num_decoded" not in content
    assert num_decoded(project) == 120


def test_a_second_run_decodes_nothing_and_changes_nothing(project: Project) -> None:
    prepare.run(project)
    before = outputs(project)
    prepare.run(project)
    assert outputs(project) == before
    assert num_decoded(project) == 0


def test_ten_more_images_are_ten_decoded_and_nothing_moves(project: Project) -> None:
    prepare.run(project)
    before = {name: set(open_split(project.prepared, name).ids) for name in ("train", "val", "test")}
    add(project, [encode(draw(seed)) for seed in range(500, 510)])
    prepare.run(project)
    assert num_decoded(project) == 10
    assert all(ids <= set(open_split(project.prepared, name).ids) for name, ids in before.items())
    anew = copy_of(project, "anew")
    prepare.run(anew)
    assert outputs(anew) == outputs(project)


def test_removing_a_row_ends_where_starting_without_it_does(project: Project) -> None:
    prepare.run(project)
    labels = read_labels(project.labels)
    write_labels(project.labels, labels.without(labels.column("id")[:7]))
    prepare.run(project)
    assert num_decoded(project) == 0
    anew = copy_of(project, "anew")
    prepare.run(anew)
    assert outputs(anew) == outputs(project)
    assert report(project)["num_images"] == 113


def test_another_size_replaces_the_pixels(project: Project) -> None:
    prepare.run(project)
    first = set(outputs(project))
    set_params(project, prepare__size=12, prepare__channels=1)
    prepare.run(project)
    assert num_decoded(project) == 120
    assert set(outputs(project)) & first == {"index.arrow", "candidates.arrow", "data.json"}
    assert open_split(project.prepared, "val").gather(np.array([0])).shape == (1, 12, 12, 1)


def test_a_damaged_file_is_made_anew(project: Project) -> None:
    add(project, [encode(draw(seed)) for seed in range(300, 305)])
    prepare.run(project)
    before = outputs(project)
    for name in ("index.arrow", max(before)):
        (project.prepared / name).write_bytes(before[name][:-64])
    prepare.run(project)
    assert outputs(project) == before
    assert 0 < num_decoded(project) < 125


@pytest.mark.parametrize(("channels", "alpha"), [(1, "composite"), (3, "composite"), (4, "keep")])
def test_mixed_modes_are_prepared_together(project: Project, channels: int, alpha: str) -> None:
    set_params(project, prepare__channels=channels, prepare__alpha=alpha)
    mixed = []
    for at in range(40):
        mode = MODES[at % len(MODES)]
        image = draw(1000 + at)
        if mode == "I;16":
            image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
        exif = Image.Exif()
        exif[0x0112] = at % 8 + 1
        kind = "TIFF" if mode == "CMYK" else "PNG"
        mixed.append(encode(image if mode == "I;16" else image.convert(mode), kind, exif=exif))
    add(project, mixed)
    prepare.run(project)
    content = report(project)
    assert content["num_labelled"] == 160
    assert set(content["modes"]) == set(MODES)
    assert len(content["channel_mean"]) == channels


def test_a_planted_copy_is_held_out_counted_and_shown(project: Project) -> None:
    prepare.run(project)
    test = open_split(project.prepared, "test").ids
    seed = next(seed for seed in range(120) if image_id(encode(draw(seed))) in test)
    original = draw(seed).resize((160, 128), Image.Resampling.BICUBIC)
    copy = encode(original.crop((4, 4, 156, 124)).resize((100, 80)), "JPEG", quality=70)
    add(project, [copy], split="train")
    prepare.run(project)
    assert open_split(project.prepared, "held_out").ids == [image_id(copy)]
    assert image_id(copy) not in open_split(project.prepared, "train").ids
    content = report(project)
    assert content["near_duplicates"] == [{"held_out": image_id(copy), "of": image_id(encode(draw(seed)))}]
    found = {check["id"]: check["examples"] for check in content["checks"]}
    assert found["D301"] == [{"ids": [image_id(copy), image_id(encode(draw(seed)))], "note": ""}]
    assert found["D401"] == [{"ids": [image_id(copy)], "note": ""}], "it is larger than the others, too"
    set_params(project, prepare__size=16, prepare__channels=3, prepare__near_duplicates__hold_out=False)
    prepare.run(project)
    assert image_id(copy) in open_split(project.prepared, "train").ids
    assert report(project)["near_duplicates"] == []


def test_pictures_that_stand_out_are_reported_and_what_needs_more_than_pixels_is_not(project: Project) -> None:
    dark = encode(draw(950).point(lambda value: value * 0.05))
    add(project, [dark])
    findings = {finding.id: finding for finding in prepare.run(project)}
    assert findings["D402"].examples[0].ids == (image_id(dark),)
    assert not {"D302", "D303", "D601", "D602"} & findings.keys()
    assert [check["id"] for check in report(project)["checks"]] == sorted(findings)


def test_another_threshold_changes_the_report_alone(project: Project) -> None:
    prepare.run(project)
    before = outputs(project)
    set_params(project, prepare__size=16, prepare__channels=3, checks__min_images=100)
    prepare.run(project)
    assert {name for name, content in outputs(project).items() if content != before[name]} == {"data.json"}
    assert "D201" in {check["id"] for check in report(project)["checks"]}


def test_pins_and_groups_are_obeyed(project: Project) -> None:
    extra = [encode(draw(seed)) for seed in range(600, 606)]
    add(project, extra[:2], split="vault")
    add(project, extra[2:], group="patient 7")
    prepare.run(project)
    assert open_split(project.prepared, "vault").ids == sorted(map(image_id, extra[:2]))
    homes = [name for name in ("train", "val", "test") if "patient 7" in open_split(project.prepared, name).groups]
    assert len(homes) == 1
    assert report(project)["groups"] == {"num_groups": 1, "num_images": 4, "largest": 4}


def test_unlabelled_images_are_counted_and_used_nowhere(project: Project) -> None:
    contents = [encode(draw(seed)) for seed in range(700, 703)]
    add(project, contents, labels=("",))
    findings = prepare.run(project)
    assert [finding.id for finding in findings] == ["D203"]
    assert report(project)["num_unlabelled"] == 3
    used = [image for split in ("train", "val", "test", "vault", "held_out") for image in open_ids(project, split)]
    assert not set(used) & set(map(image_id, contents))


def open_ids(project: Project, split: str) -> list[str]:
    return open_split(project.prepared, split).ids


def relabel(project: Project, **changes: str) -> None:
    """Set columns of every row."""
    labels = read_labels(project.labels)
    rows = [dict(zip(labels.table.column_names, row, strict=True)) | changes for row in labels.rows()]
    write_labels(project.labels, Labels.from_rows([list(row.values()) for row in rows]))


def one_class(project: Project) -> None:
    relabel(project, label="oak")


def no_test_images(project: Project) -> None:
    set_params(project, data__test_fraction=0.0)


def missing_part(project: Project) -> None:
    add(project, [encode(draw(800))])
    before = read_labels(project.labels)
    for part in project.images.iterdir():
        part.unlink()
    assert len(before) == 121


def torn_group(project: Project) -> None:
    add(project, [encode(draw(801))], group="patient 7", split="train")
    add(project, [encode(draw(802))], group="patient 7", split="test")


@pytest.mark.parametrize(
    ("spoil", "check"), [(one_class, "D101"), (no_test_images, "D106"), (missing_part, "D104"), (torn_group, "D105")]
)
def test_an_unsound_data_set_stops_before_any_pixel_is_made(project: Project, spoil: Any, check: str) -> None:
    spoil(project)
    with pytest.raises(CheckError, match=check) as caught:
        prepare.run(project)
    assert caught.value.exit_code == 1
    assert caught.value.hint
    assert not project.prepared.exists()
    assert not project.data_report.exists()


def test_every_error_is_told_at_once(project: Project) -> None:
    one_class(project)
    no_test_images(project)
    with pytest.raises(CheckError) as caught:
        prepare.run(project)
    assert "D101" in caught.value.message
    assert "D106" in caught.value.message


def test_a_class_whose_training_images_are_all_copies_stops_the_step(project: Project) -> None:
    picture = draw(900).resize((160, 128), Image.Resampling.BICUBIC)
    add(project, [encode(picture)], labels=("elm",), split="test")
    add(project, [encode(picture, "JPEG", quality=80)], labels=("elm",), split="train")
    with pytest.raises(CheckError, match="D102 no training images of 'elm'"):
        prepare.run(project)
    assert not project.data_report.exists()


def test_without_labels_the_command_that_makes_them_is_named(tmp_path: Path) -> None:
    project = Project(tmp_path)
    set_params(project)
    with pytest.raises(InputError) as caught:
        prepare.run(project)
    assert "winnow add" in caught.value.hint


def kill_when(project: Project, num_files: int, later_s: float) -> None:
    """Start `winnow prepare` and kill it without warning, soon after so many files of pixels are there."""
    process = subprocess.Popen([sys.executable, "-m", "winnow", "prepare"], cwd=project.root, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list(project.prepared.glob("part-*.arrow"))) < num_files:
        time.sleep(0.001)
    time.sleep(later_s)
    process.kill()
    process.wait()


@pytest.mark.slow
def test_killed_at_several_moments_and_run_again_gives_the_same_bytes(project: Project) -> None:
    for start in range(2000, 2000 + 4 * 150, 150):
        add(project, [encode(draw(seed)) for seed in range(start, start + 150)])
    undisturbed = copy_of(project, "undisturbed")
    prepare.run(undisturbed)
    moments = random.Random(0)
    for num_files in (1, 3, 5):
        kill_when(project, num_files, moments.uniform(0, 0.05))
        assert not project.data_report.exists() or num_files == 5
    prepare.run(project)
    assert outputs(project) == outputs(undisturbed)
    assert num_decoded(undisturbed) == 720
    assert num_decoded(project) < 720, "what was finished before is kept"
