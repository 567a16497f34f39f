from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from winnow.data.labels import Labels
from winnow.data.locations import locate
from winnow.data.parts import ImageRecord, list_parts, part_ids, part_name

Noise = Callable[..., list[ImageRecord]]
WritePart = Callable[[list[ImageRecord]], Path]


def labels_of(records: list[ImageRecord], label: str = "oak") -> Labels:
    return Labels.from_rows((each.id, label, "", "g", "") for each in records)


def splits_of(labels: Labels) -> pa.Array:
    return pa.array(["train"] * len(labels), pa.string())


def test_each_labelled_image_is_found_by_part_and_row(noise: Noise, write_part: WritePart) -> None:
    one, two = noise(5), noise(3, start=100)
    parts = sorted([write_part(one), write_part(two)])
    labels = labels_of([*one, *two])
    located = locate(labels, splits_of(labels), parts)
    assert located.column_names == ["id", "label", "group", "split", "part", "row"]
    assert located["id"].to_pylist() == sorted(each.id for each in [*one, *two])
    ids = {part_name(part): part_ids(part).to_pylist() for part in parts}
    for row in located.to_pylist():
        assert ids[row["part"]][row["row"]] == row["id"]
        assert (row["label"], row["group"], row["split"]) == ("oak", "g", "train")


def test_an_image_without_label_is_left_out(noise: Noise, write_part: WritePart) -> None:
    images = noise(4)
    labels = labels_of(images[:2]).merged(labels_of(images[2:], label=""))
    located = locate(labels, splits_of(labels), [write_part(images)])
    assert located["id"].to_pylist() == sorted(each.id for each in images[:2])


def test_an_image_that_is_in_no_part_has_no_place(noise: Noise, write_part: WritePart) -> None:
    images = noise(4)
    labels = labels_of(images)
    located = {row["id"]: row for row in locate(labels, splits_of(labels), [write_part(images[:3])]).to_pylist()}
    assert located[images[3].id]["part"] is None
    assert located[images[3].id]["row"] is None
    assert located[images[0].id]["part"] is not None


def test_of_two_copies_the_first_part_by_name_counts(noise: Noise, write_part: WritePart) -> None:
    images = noise(6)
    write_part(images[:4])
    write_part(images[3:])
    parts = list_parts(write_part(images[3:]).parent)
    labels = labels_of([images[3]])
    (row,) = locate(labels, splits_of(labels), parts).to_pylist()
    assert row["part"] == part_name(parts[0])


def test_without_parts_nothing_has_a_place(noise: Noise) -> None:
    labels = labels_of(noise(2))
    assert locate(labels, splits_of(labels), [])["part"].null_count == 2
