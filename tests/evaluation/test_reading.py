import errno
import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from winnow.data.parts import image_id
from winnow.errors import MachineError
from winnow.evaluation import reading
from winnow.evaluation.listing import Entry, list_entries
from winnow.evaluation.reading import Chunk, Images, chunked, read_chunk
from winnow.transforms.spec import PreprocessSpec

SPEC = PreprocessSpec(
    size=8, channels=3, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
)


def entry(number: int, num_bytes: int = 10, place: str = "/") -> Entry:
    return Entry(f"{number}", f"{place}{number}", num_bytes, "")


def save(path: Path, color: tuple[int, int, int]) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(stream, "PNG")
    path.write_bytes(stream.getvalue())
    return stream.getvalue()


def read(folder: Path) -> Images:
    return read_chunk(Chunk(3, list(list_entries(str(folder)))), spec=SPEC, max_pixels=100)


def test_chunks_are_bounded_by_files_bytes_and_pixels_and_keep_to_one_shard_and_place() -> None:
    many = [(0, entry(number)) for number in range(600)]
    assert [len(chunk.entries) for chunk in chunked(many, SPEC)] == [256, 256, 88]
    heavy = [(0, entry(number, 3_000_000)) for number in range(3)]
    assert [len(chunk.entries) for chunk in chunked(heavy, SPEC)] == [1, 1, 1]
    wide = SPEC.model_copy(update={"size": 1000})
    assert [len(chunk.entries) for chunk in chunked(many[:3], wide)] == [1, 1, 1]
    shards = [(number // 4, entry(number)) for number in range(6)]
    assert [(chunk.shard, len(chunk.entries)) for chunk in chunked(shards, SPEC)] == [(0, 4), (1, 2)]
    mixed = [(0, entry(0)), (0, entry(1, place="gs://b/")), (0, entry(2, place="gs://b/")), (0, entry(3))]
    assert [len(chunk.entries) for chunk in chunked(mixed, SPEC)] == [1, 2, 1]
    assert list(chunked([], SPEC)) == []


def test_images_become_pixels_and_other_files_a_reason_in_their_order(tmp_path: Path) -> None:
    content = save(tmp_path / "a.png", (1, 2, 3))
    (tmp_path / "b.png").touch()
    (tmp_path / "c.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "d.png").symlink_to(tmp_path / "a.png")
    save(tmp_path / "e.png", (9, 8, 7))
    Image.new("L", (20, 20)).save(tmp_path / "f.png")
    images = read(tmp_path)
    assert images.shard == 3
    assert images.names == ["a.png", "b.png", "c.txt", "d.png", "e.png", "f.png"]
    assert [reason[:4] for reason in images.refused] == ["", "Q102", "Q101", "Q201", "", "Q104"]
    assert images.ids[0] == image_id(content)
    assert [image is None for image in images.ids] == [False, False, False, True, False, False]
    assert images.pixels.shape == (2, 8, 8, 3)
    assert images.pixels[:, 0, 0].tolist() == [[1, 2, 3], [9, 8, 7]]


def test_a_chunk_without_an_image_has_no_pixels(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    assert read(tmp_path).pixels.shape == (0, 8, 8, 3)
    assert read(tmp_path).pixels.dtype == np.uint8


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders")
def test_a_pipe_and_what_has_gone_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    gone = Entry("b.png", str(tmp_path / "b.png"), 5, "")
    odd = Entry("c.png", str(tmp_path / "c\0.png"), 5, "")
    chunk = Chunk(0, [*list_entries(str(tmp_path)), gone, odd])
    assert [reason[:4] for reason in read_chunk(chunk, spec=SPEC, max_pixels=9).refused] == ["Q202"] * 3


def test_a_failing_disk_stops_the_run_instead_of_refusing_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "a.png", (1, 2, 3))

    def fail(*_: object) -> int:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr("winnow.transforms.image_file.os.open", fail)
    with pytest.raises(MachineError, match=r"a\.png cannot be read: Stale file handle"):
        read(tmp_path)


def test_an_object_that_is_absent_or_too_large_is_refused_and_the_others_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (5, 6, 7)).save(stream, "PNG")
    there = {"gs://b/0": stream.getvalue()}
    monkeypatch.setattr(reading, "read_objects", lambda urls: [there.get(url) for url in urls])
    entries = [entry(2, 300_000_000, "gs://b/"), entry(1, place="gs://b/"), entry(0, place="gs://b/")]
    images = read_chunk(Chunk(0, entries), spec=SPEC, max_pixels=100)
    assert [reason[:4] for reason in images.refused] == ["Q205", "Q202", ""]
    assert images.pixels[0, 0, 0].tolist() == [5, 6, 7]
