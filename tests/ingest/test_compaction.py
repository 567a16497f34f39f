import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from winnow.data.labels import Labels
from winnow.data.parts import ImageRecord, PartWriter, image_id, list_parts, part_ids
from winnow.errors import InputError
from winnow.ingest.compaction import fold, plan
from winnow.project import Project

SIZE = 8_000
"""Bytes of a part's images: ten images of 1,000 bytes fill more than one."""


def image(number: int) -> bytes:
    return random.Random(number).randbytes(1000)


def identity(number: int) -> str:
    return image_id(image(number))


@pytest.fixture
def write_part(project: Project) -> Callable[..., Path]:
    """Return a function that packs numbered images into one part of the data set."""
    project.images.mkdir(parents=True)

    def write(numbers: Sequence[int]) -> Path:
        with PartWriter(folder=project.images, part_size_bytes=10**9) as writer:
            for number in numbers:
                writer.add(ImageRecord(identity(number), image(number), "PNG", "L", 4, 4))
        return writer.parts[0]

    return write


WritePart = Callable[..., Path]


def labels_of(numbers: Sequence[int]) -> Labels:
    return Labels.from_rows((identity(number), "cat", "", "", "") for number in numbers)


def compact(project: Project, labels: Labels, size: int = SIZE) -> set[str]:
    """Fold as the command does, without its journal; return the names of the parts."""
    folding = plan(list_parts(project.images), labels, size)
    staged = fold(project, folding, size)
    for part, _ in folding.folded:
        part.unlink()
    for part in staged:
        part.replace(project.images / part.name)
    return {part.name for part in list_parts(project.images)}


def ids_in(project: Project) -> list[str]:
    return [image for part in list_parts(project.images) for image in part_ids(part).to_pylist()]


def test_small_parts_become_one_and_a_full_one_stays(project: Project, write_part: WritePart) -> None:
    full = write_part(range(8))
    write_part([8, 9])
    write_part([10])
    names = compact(project, labels_of(range(11)))
    assert full.name in names
    assert len(names) == 2
    assert sorted(ids_in(project)) == sorted(map(identity, range(11)))


def test_removed_images_leave_also_a_full_part(project: Project, write_part: WritePart) -> None:
    full = write_part(range(9))
    folding = plan([full], labels_of(range(1, 9)), SIZE)
    assert ([part for part, _ in folding.folded], folding.num_dropped) == ([full], 1)
    compact(project, labels_of(range(1, 9)))
    assert sorted(ids_in(project)) == sorted(map(identity, range(1, 9)))


def test_an_image_in_two_parts_stays_where_no_part_must_be_touched(project: Project, write_part: WritePart) -> None:
    full = write_part(range(8))
    twice = write_part([3, 20])
    folding = plan(list_parts(project.images), labels_of([*range(8), 20]), SIZE)
    assert [(part, mask.to_pylist()) for part, mask in folding.folded] == [(twice, [False, True])]
    assert full.name in compact(project, labels_of([*range(8), 20]))
    assert len(ids_in(project)) == len(set(ids_in(project))) == 9


def test_a_part_of_second_copies_only_disappears(project: Project, write_part: WritePart) -> None:
    full = write_part(range(8))
    write_part([3, 4])
    assert compact(project, labels_of(range(8))) == {full.name}


def test_one_small_part_and_full_ones_have_nothing_to_gain(project: Project, write_part: WritePart) -> None:
    parts = [write_part(range(8)), write_part(range(8, 16)), write_part([16])]
    assert plan(parts, labels_of(range(17)), SIZE).folded == []
    assert plan([], labels_of([]), SIZE).folded == []


def test_an_image_that_is_nowhere_stops_it_before_anything_is_written(project: Project, write_part: WritePart) -> None:
    parts = [write_part([1]), write_part([2])]
    with pytest.raises(InputError, match=r"1 of 3 images are in no part here\nhint: dvc pull data/images.dvc"):
        plan(parts, labels_of([1, 2, 3]), SIZE)
    assert not project.staging.exists()


@pytest.mark.parametrize("seed", range(4))
def test_any_data_set_is_compacted_once_and_loses_nothing(project: Project, write_part: WritePart, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(rng.randrange(1, 8)):
        write_part(sorted(rng.sample(range(40), rng.randrange(1, 15))))
    there = set(ids_in(project))
    wanted = [number for number in range(40) if identity(number) in there and rng.random() < 0.8]
    names = compact(project, labels_of(wanted))
    assert sorted(ids_in(project)) == sorted(map(identity, wanted))
    assert plan(list_parts(project.images), labels_of(wanted), SIZE).folded == []
    assert compact(project, labels_of(wanted)) == names
    sizes = [part.stat().st_size for part in list_parts(project.images)]
    assert sum(size < SIZE / 2 for size in sizes) <= 1


def test_the_same_parts_and_labels_give_the_same_bytes_whatever_came_first(
    project: Project, write_part: WritePart, tmp_path: Path
) -> None:
    kinds = [[1, 2], [3], [4, 5, 6]]
    names = []
    for order in (kinds, kinds[::-1]):
        for numbers in order:
            write_part(numbers)
        names.append(compact(project, labels_of([1, 2, 3, 5, 6])))
        for part in list_parts(project.images):
            part.unlink()
    assert names[0] == names[1]
