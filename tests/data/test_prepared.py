import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from winnow.data.parts import ImageRecord, part_name
from winnow.data.pixels import pixels_name, variant, write_pixels
from winnow.data.prepared import (
    INDEX,
    SPLITS,
    PreparedMeta,
    Samples,
    channel_means,
    open_split,
    read_meta,
    write_index,
)
from winnow.errors import FormatError, InputError
from winnow.transforms.decode import decode
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

Noise = Callable[..., list[ImageRecord]]
WritePart = Callable[[list[ImageRecord]], Path]
LABELS = ("ash", "oak", "yew")


@pytest.fixture
def images(noise: Noise) -> list[ImageRecord]:
    return noise(30)


@pytest.fixture
def index(images: list[ImageRecord], write_part: WritePart, spec: PreprocessSpec, tmp_path: Path) -> pa.Table:
    """Two parts with their pixels, and an index without pinned order: the splits take turns."""
    rows = []
    for some in (images[:20], images[20:]):
        part = write_part(some)
        write_pixels(part, spec, tmp_path / "prepared" / pixels_name(part_name(part), variant(spec)))
        rows += [{"id": each.id, "part": part_name(part), "row": row} for row, each in enumerate(some)]
    rows.sort(key=lambda row: str(row["id"]))
    for at, row in enumerate(rows):
        row |= {"label": LABELS[at % 3], "group": f"g{at % 7}" if at % 2 else "", "split": SPLITS[at % 4]}
    return pa.Table.from_pylist(rows)


@pytest.fixture
def folder(index: pa.Table, spec: PreprocessSpec, tmp_path: Path) -> Path:
    write_index(tmp_path / "prepared", index, spec=spec, mean=[0.1, 0.2, 0.3], std=[0.4, 0.5, 0.6])
    return tmp_path / "prepared"


def expected(images: list[ImageRecord], spec: PreprocessSpec) -> dict[str, np.ndarray]:
    return {each.id: preprocess(decode(each.bytes, max_pixels=100), spec) for each in images}


@pytest.mark.parametrize("split", SPLITS)
def test_a_split_holds_its_images_with_their_pixels_targets_and_groups(
    folder: Path, index: pa.Table, images: list[ImageRecord], spec: PreprocessSpec, split: str
) -> None:
    rows = [row for row in index.to_pylist() if row["split"] == split]
    opened = open_split(folder, split)
    assert len(opened) == len(rows)
    assert opened.ids == [row["id"] for row in rows] == sorted(opened.ids)
    assert opened.groups == [row["group"] for row in rows]
    assert opened.targets.dtype == np.int64
    assert [LABELS[target] for target in opened.targets] == [row["label"] for row in rows]
    pixels = expected(images, spec)
    order = np.random.default_rng(0).permutation(len(rows))
    for gathered, at in zip(opened.gather(order), order, strict=True):
        assert np.array_equal(gathered, pixels[opened.ids[at]])


def test_a_split_without_images_is_empty(folder: Path) -> None:
    held_out = open_split(folder, "held_out")
    assert len(held_out) == 0
    assert (held_out.ids, held_out.groups) == ([], [])
    assert held_out.gather(np.array([], dtype=np.int64)).shape == (0, 8, 8, 3)


def test_the_meta_is_what_was_written(folder: Path, spec: PreprocessSpec) -> None:
    meta = read_meta(folder)
    assert meta == PreparedMeta(spec, [0.1, 0.2, 0.3], [0.4, 0.5, 0.6], list(LABELS), meta.data_hash)
    assert open_split(folder, "train").meta == meta
    assert len(bytes.fromhex(meta.data_hash)) == 32


def test_an_index_is_a_function_of_its_rows(folder: Path, index: pa.Table, spec: PreprocessSpec) -> None:
    before = (folder / INDEX).read_bytes()
    chunks = pa.concat_tables([index.slice(0, 11), index.slice(11)])
    write_index(folder, chunks.append_column("more", index["id"]), spec=spec, mean=[0.1, 0.2, 0.3], std=[0.4, 0.5, 0.6])
    assert (folder / INDEX).read_bytes() == before
    assert str(folder).encode() not in before


def test_the_hash_covers_labels_splits_places_means_and_the_spec(
    folder: Path, index: pa.Table, spec: PreprocessSpec
) -> None:
    def hash_of(table: pa.Table, mean: float = 0.1, spec: PreprocessSpec = spec) -> str:
        return write_index(folder, table, spec=spec, mean=[mean] * 3, std=[1.0] * 3).data_hash

    hashes = [hash_of(index), hash_of(index, mean=0.2), hash_of(index, spec=spec.model_copy(update={"fit": "crop"}))]
    for name, value in (("label", "elm"), ("split", "vault"), ("group", "x"), ("part", "part-x"), ("row", 99)):
        column = [value, *index[name].to_pylist()[1:]]
        hashes.append(hash_of(index.set_column(index.column_names.index(name), name, pa.array(column))))
    assert len(set(hashes)) == len(hashes)
    assert hash_of(index) == hashes[0]


def test_samples_know_sums_and_hashes_wherever_they_lie(
    folder: Path, index: pa.Table, images: list[ImageRecord], spec: PreprocessSpec
) -> None:
    some = index.take(pa.array([3, 28, 0, 17]))
    samples = Samples(folder, some, spec, variant(spec))
    pixels = expected(images, spec)
    sums = [pixels[each].reshape(-1, 3).sum(axis=0).tolist() for each in some["id"].to_pylist()]
    assert samples.column("sum").tolist() == sums
    assert samples.column("hashes").shape == (4, 2)
    assert len(np.unique(samples.column("hashes"))) == 8
    gathered = samples.gather(np.arange(4))
    samples.release()
    assert np.array_equal(gathered, samples.gather(np.arange(4)))


def test_means_are_those_of_all_training_pixels_and_no_others(
    folder: Path, images: list[ImageRecord], spec: PreprocessSpec
) -> None:
    train = open_split(folder, "train")
    values = np.stack([expected(images, spec)[each] for each in train.ids]).reshape(-1, 3) / 255
    mean, std = channel_means(train)
    assert mean == pytest.approx(values.mean(axis=0), abs=1e-12)
    assert std == pytest.approx(values.std(axis=0), abs=1e-12)


def test_means_do_not_depend_on_the_order(folder: Path, index: pa.Table, spec: PreprocessSpec) -> None:
    one = channel_means(Samples(folder, index, spec, variant(spec)))
    backwards = index.take(pa.array(np.arange(len(index))[::-1]))
    assert channel_means(Samples(folder, backwards, spec, variant(spec))) == one


def test_a_channel_that_never_varies_is_not_divided_by_zero(
    record: Callable[..., ImageRecord], write_part: WritePart, spec: PreprocessSpec, tmp_path: Path
) -> None:
    part = write_part([record(Image.new("RGB", (8, 8), colour)) for colour in ((0, 51, 10), (0, 51, 20))])
    write_pixels(part, spec, tmp_path / pixels_name(part_name(part), variant(spec)))
    index = pa.table({"part": [part_name(part)] * 2, "row": pa.array([0, 1], pa.uint32())})
    mean, std = channel_means(Samples(tmp_path, index, spec, variant(spec)))
    assert mean == [0.0, 0.2, 15 / 255]
    assert std[:2] == [1.0, 1.0]
    assert math.isclose(std[2], 5 / 255)


def test_without_an_index_the_step_is_named(tmp_path: Path) -> None:
    for read in (read_meta, lambda folder: open_split(folder, "train")):
        with pytest.raises(InputError, match="cannot be read") as caught:
            read(tmp_path)
        assert "dvc repro prepare" in caught.value.hint


def test_a_cut_index_is_named(folder: Path) -> None:
    (folder / INDEX).write_bytes((folder / INDEX).read_bytes()[:-40])
    with pytest.raises(InputError, match="cannot be read"):
        read_meta(folder)


def test_an_index_of_another_task_is_refused_by_name(folder: Path) -> None:
    table = pa.ipc.open_file(pa.OSFile(str(folder / INDEX), "rb")).read_all()
    other = table.replace_schema_metadata({**table.schema.metadata, b"task": b"boxes"})
    with pa.OSFile(str(folder / INDEX), "wb") as sink, pa.ipc.new_file(sink, other.schema) as writer:
        writer.write_table(other)
    with pytest.raises(FormatError, match="boxes"):
        open_split(folder, "train")


def test_missing_pixels_are_named(folder: Path) -> None:
    for path in folder.glob("part-*.arrow"):
        path.unlink()
    with pytest.raises(InputError, match=r"part-.*cannot be read"):
        open_split(folder, "train")
