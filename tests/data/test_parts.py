import errno
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Never

import pyarrow as pa
import pytest

from winnow.data import parts
from winnow.data.parts import (
    ImageRecord,
    PartWriter,
    image_id,
    list_parts,
    part_ids,
    part_name,
    read_part,
    read_records,
)
from winnow.errors import FormatError, InputError, MachineError


def record(number: int, size: int = 10) -> ImageRecord:
    content = hashlib.shake_128(bytes([number])).digest(size)
    return ImageRecord(image_id(content), content, "PNG", "L", number, 2 * number)


def write(folder: Path, records: Iterable[ImageRecord], part_size_bytes: int = 10**9) -> list[Path]:
    folder.mkdir(exist_ok=True)
    with PartWriter(folder=folder, part_size_bytes=part_size_bytes) as writer:
        for one in records:
            writer.add(one)
    return writer.parts


def read(path: Path) -> list[ImageRecord]:
    return [one for batch in read_part(path) for one in read_records(batch)]


def test_the_bytes_of_a_part_never_change(tmp_path: Path) -> None:
    """A frozen format: another hash here means that no part of any data set keeps its name."""
    [part] = write(tmp_path, [record(number) for number in range(3)])
    assert part.name == "part-31054a0aa19dbd80fb81.arrow"


def test_a_part_is_named_after_its_content(tmp_path: Path) -> None:
    [part] = write(tmp_path, [record(1)])
    assert part_name(part) == f"part-{hashlib.sha256(part.read_bytes()).hexdigest()[:20]}"


def test_an_id_is_the_hash_of_the_encoded_bytes() -> None:
    assert image_id(b"abc") == hashlib.sha256(b"abc").hexdigest()[:20]


def test_records_come_back_in_order(tmp_path: Path) -> None:
    records = [record(number, size=number) for number in range(50)]
    [part] = write(tmp_path, records)
    assert read(part) == records
    assert part_ids(part).to_pylist() == [one.id for one in records]


def test_a_part_is_closed_when_its_images_reach_the_size(tmp_path: Path) -> None:
    written = write(tmp_path, [record(number, size=400) for number in range(7)], part_size_bytes=1000)
    assert [len(part_ids(part)) for part in written] == [3, 3, 1]
    assert list_parts(tmp_path) == sorted(written)


def test_batches_are_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "BATCH_BYTES", 1000)
    monkeypatch.setattr(parts, "BATCH_ROWS", 4)
    sizes = [100] * 5 + [950] * 3
    [part] = write(tmp_path, [record(number, size) for number, size in enumerate(sizes)])
    assert [batch.num_rows for batch in read_part(part)] == [4, 2, 2]
    assert len(part_ids(part)) == len(sizes)


def test_nothing_gives_no_part(tmp_path: Path) -> None:
    assert write(tmp_path, []) == []
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_leaves_no_half_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Never:
    monkeypatch.setattr(parts, "BATCH_ROWS", 2)
    with pytest.raises(ZeroDivisionError), PartWriter(folder=tmp_path, part_size_bytes=10**9) as writer:
        for number in range(5):
            writer.add(record(number))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_sink: object, _block: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    write(tmp_path, [record(1)])
    before = list(tmp_path.iterdir())
    monkeypatch.setattr(parts._HashingSink, "write", refuse)
    with pytest.raises(MachineError, match="disk is full"):
        write(tmp_path, [record(2)])
    assert list(tmp_path.iterdir()) == before


def test_a_folder_without_parts_lists_none(tmp_path: Path) -> None:
    assert list_parts(tmp_path / "absent") == []
    (tmp_path / ".gitignore").touch()
    assert list_parts(tmp_path) == []


def test_a_foreign_file_among_the_parts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat.png").touch()
    with pytest.raises(InputError, match=r"only part-<hash>\.arrow .* 'cat\.png'"):
        list_parts(tmp_path)


def test_an_absent_part_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dvc pull"):
        list(read_part(tmp_path / "part-0.arrow"))


@pytest.mark.parametrize("keep", [0, 5, 300, -1])
def test_a_truncated_part_is_refused(tmp_path: Path, keep: int) -> None:
    [part] = write(tmp_path, [record(number) for number in range(9)])
    part.write_bytes(part.read_bytes()[:keep])
    with pytest.raises(InputError, match="truncated or corrupt"):
        list(read_part(part))
    with pytest.raises(InputError, match="truncated or corrupt"):
        part_ids(part)


@pytest.mark.parametrize("metadata", [{"schema": "2", "task": "single_label"}, {"schema": "1", "task": "boxes"}, None])
def test_another_schema_or_task_is_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    path = tmp_path / "part.arrow"
    with pa.ipc.new_file(str(path), parts.SCHEMA_OF_PARTS.with_metadata(metadata)):
        pass
    with pytest.raises(FormatError, match=r"expected (schema|task)"):
        part_ids(path)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "part.arrow"
    schema = pa.schema([("id", pa.string())], metadata=parts.SCHEMA_OF_PARTS.metadata)
    with pa.ipc.new_file(str(path), schema):
        pass
    with pytest.raises(FormatError, match="expected the columns"):
        list(read_part(path))
