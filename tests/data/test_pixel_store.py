import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.data import pixel_store
from winnow.data.parts import ImageRecord, part_name
from winnow.data.pixel_store import bring_up_to_date
from winnow.data.pixels import pixels_name, row_bytes, variant
from winnow.errors import InputError, MachineError
from winnow.transforms.spec import PreprocessSpec

Noise = Callable[..., list[ImageRecord]]
WritePart = Callable[[list[ImageRecord]], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "prepared"


@pytest.fixture
def parts(noise: Noise, write_part: WritePart) -> dict[Path, int]:
    return {write_part(noise(count, start=start)): count for count, start in ((12, 0), (7, 100))}


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def names(parts: dict[Path, int], spec: PreprocessSpec) -> list[str]:
    return sorted(pixels_name(part_name(part), variant(spec)) for part in parts)


def test_every_part_gets_its_pixels_and_a_second_run_decodes_nothing(
    folder: Path, parts: dict[Path, int], spec: PreprocessSpec
) -> None:
    assert bring_up_to_date(folder, parts, spec) == 19
    first = content(folder)
    assert list(first) == names(parts, spec)
    assert bring_up_to_date(folder, parts, spec) == 0
    assert content(folder) == first


def test_a_new_part_is_all_that_is_decoded(
    folder: Path, parts: dict[Path, int], spec: PreprocessSpec, noise: Noise, write_part: WritePart
) -> None:
    bring_up_to_date(folder, parts, spec)
    before = content(folder)
    more = {**parts, write_part(noise(10, start=500)): 10}
    assert bring_up_to_date(folder, more, spec) == 10
    assert before.items() < content(folder).items()


def test_what_nothing_needs_any_more_is_removed(folder: Path, parts: dict[Path, int], spec: PreprocessSpec) -> None:
    bring_up_to_date(folder, parts, spec)
    (folder / "index.arrow").write_bytes(b"kept until it is written again")
    (folder / ".index.arrow.123.tmp").write_bytes(b"left by a killed run")
    kept = dict(list(parts.items())[:1])
    assert bring_up_to_date(folder, kept, spec) == 0
    assert sorted(content(folder)) == ["index.arrow", *names(kept, spec)]
    other = spec.model_copy(update={"size": 9})
    assert bring_up_to_date(folder, kept, other) == 12
    assert sorted(content(folder)) == ["index.arrow", *names(kept, other)]


@pytest.mark.parametrize("damage", [lambda content: content[:-100], lambda content: content[:900] + b"x" * 9, bytes])
def test_a_damaged_file_is_made_anew_and_the_others_are_not(
    folder: Path, parts: dict[Path, int], spec: PreprocessSpec, damage: Callable[..., bytes]
) -> None:
    bring_up_to_date(folder, parts, spec)
    before = content(folder)
    part = next(iter(parts))
    path = folder / pixels_name(part_name(part), variant(spec))
    path.write_bytes(damage(path.read_bytes()) if damage is not bytes else b"")
    assert bring_up_to_date(folder, parts, spec) == parts[part]
    assert content(folder) == before


def test_adding_and_removing_parts_ends_where_starting_anew_does(
    folder: Path, parts: dict[Path, int], spec: PreprocessSpec, noise: Noise, write_part: WritePart
) -> None:
    bring_up_to_date(folder, parts, spec)
    one, _ = parts
    now = {one: parts[one], write_part(noise(5, start=900)): 5}
    bring_up_to_date(folder, now, spec)
    bring_up_to_date(folder.with_name("anew"), now, spec)
    assert content(folder) == content(folder.with_name("anew"))


def test_pixels_that_will_not_fit_are_refused_before_any_is_written(
    folder: Path, parts: dict[Path, int], spec: PreprocessSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_up_to_date(folder, parts, spec)
    other = spec.model_copy(update={"size": 64})
    free = pixel_store._SPARE_BYTES + 19 * row_bytes(other)
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(pixel_store.shutil, "disk_usage", lambda _: usage._replace(free=free - 1))
    assert bring_up_to_date(folder, parts, spec) == 0, "nothing is missing, so no space is needed"
    with pytest.raises(MachineError, match="free bytes"):
        bring_up_to_date(folder, parts, other)
    assert content(folder) == {}
    monkeypatch.setattr(pixel_store.shutil, "disk_usage", lambda _: usage._replace(free=free))
    assert bring_up_to_date(folder, parts, other) == 19


def test_a_part_that_cannot_be_read_is_named(folder: Path, parts: dict[Path, int], spec: PreprocessSpec) -> None:
    part = next(iter(parts))
    part.write_bytes(part.read_bytes()[:-50])
    with pytest.raises(InputError, match=part.name):
        bring_up_to_date(folder, parts, spec)


@pytest.mark.slow
def test_processes_make_the_same_bytes(
    folder: Path, parts: dict[Path, int], spec: PreprocessSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_up_to_date(folder, parts, spec)
    monkeypatch.setattr(pixel_store, "_INLINE_IMAGES", 0)
    monkeypatch.setattr("winnow.compute.mapping.num_workers", lambda: 2)
    assert bring_up_to_date(folder.with_name("apart"), parts, spec) == 19
    assert content(folder.with_name("apart")) == content(folder)
