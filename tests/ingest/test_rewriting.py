import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.data.parts import ImageRecord, PartWriter, image_id, part_ids, read_part
from winnow.errors import InputError
from winnow.ingest.rewriting import rewrite

Png = Callable[[int], bytes]


def record(content: bytes) -> ImageRecord:
    return ImageRecord(image_id(content), content, "PNG", "L", 4, 4)


def write(folder: Path, records: list[ImageRecord]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with PartWriter(folder=folder, part_size_bytes=sys.maxsize) as writer:
        for each in records:
            writer.add(each)
    return writer.parts[0]


def test_chosen_rows_go_on_in_their_order(tmp_path: Path, png: Png) -> None:
    one = write(tmp_path / "old", [record(png(number)) for number in range(4)])
    two = write(tmp_path / "old", [record(png(number)) for number in range(4, 6)])
    chosen = [(one, pa.array([False, True, True, False])), (two, pa.array([False, True]))]
    (tmp_path / "new").mkdir()
    [part] = rewrite(chosen, folder=tmp_path / "new", part_size_bytes=sys.maxsize)
    assert part.name == write(tmp_path / "again", [record(png(number)) for number in (1, 2, 5)]).name
    assert [row["bytes"] for batch in read_part(part) for row in batch.to_pylist()] == [png(1), png(2), png(5)]


def test_nothing_chosen_writes_nothing(tmp_path: Path, png: Png) -> None:
    part = write(tmp_path / "old", [record(png(1))])
    assert rewrite([(part, pa.array([False]))], folder=tmp_path, part_size_bytes=1) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


def test_damaged_bytes_do_not_spread(tmp_path: Path, png: Png) -> None:
    part = write(tmp_path / "old", [replace(record(png(1)), bytes=png(2))])
    with pytest.raises(InputError, match="are damaged\nhint: remove the part, then dvc checkout"):
        rewrite([(part, pa.array([True]))], folder=tmp_path, part_size_bytes=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


@settings(max_examples=15, deadline=None)
@given(keep=st.lists(st.booleans(), min_size=1, max_size=30), size=st.integers(1, 800))
def test_any_choice_gives_the_parts_that_packing_the_chosen_gives(
    tmp_path_factory: pytest.TempPathFactory, keep: list[bool], size: int
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    records = [record(b"image %d" % number) for number in range(len(keep))]
    part = write(folder / "old", records)
    (folder / "new").mkdir()
    parts = rewrite([(part, pa.array(keep))], folder=folder / "new", part_size_bytes=size)
    kept = [each.id for each, is_kept in zip(records, keep, strict=True) if is_kept]
    assert [image for part in parts for image in part_ids(part).to_pylist()] == kept
