import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from branches import Branches, rows, tiny_id

from winnow.errors import InputError
from winnow.merging.coverage import Coverage
from winnow.merging.operation import Operation, find_operation
from winnow.merging.parts import PartsMerge, bring_folder, merge_parts, settle_parts
from winnow.repository.dvc import read_recorded
from winnow.repository.listings import open_objects


def fork(branches: Branches, base: list[str], ours: list[str], theirs: list[str]) -> Operation:
    """Stop a merge of two branches with these parts."""
    branches.commit(rows([0]), parts=base)
    branches.git("branch", "feature")
    branches.commit(rows([0], "fox"), parts=theirs)
    branches.git("checkout", "-q", "feature")
    branches.commit(rows([0], "owl"), parts=ours)
    branches.stops("merge", "-q", "main")
    return find_operation(branches.project)


def merged(branches: Branches, operation: Operation, *wanted: int, erased: tuple[int, ...] = ()) -> PartsMerge:
    """Merge and settle the parts."""
    with open_objects(branches.project) as objects:
        ids = pa.array(map(tiny_id, wanted), pa.string())
        merge = merge_parts(branches.project, operation, objects, ids, set(map(tiny_id, erased)))
        assert merge is not None
        settle_parts(branches.project, operation, objects, merge)
    return merge


def recorded_md5(branches: Branches, commit: str | None) -> str:
    assert commit is not None
    return branches.git("show", f"{commit}:data/images.dvc").split()[3]


def text(branches: Branches) -> str:
    return branches.project.images_dvc.read_text(encoding="utf-8")


def test_parts_of_both_sides_come_together_as_dvc_would_record_them(branches: Branches) -> None:
    first, mine, yours = branches.pack(1, 2), branches.pack(3), branches.pack(4, 5)
    merge = merged(branches, fork(branches, [first], [first, mine], [first, yours]), 1, 2, 3, 4, 5)
    assert (merge.from_ours, merge.from_theirs, merge.replaced, merge.coverage) == (1, 1, 0, Coverage())
    assert text(branches) == branches.images_dvc([first, mine, yours])
    assert branches.git("diff", "--name-only", "--diff-filter=U") == "data/labels.csv"


def test_what_one_side_replaced_stays_replaced(branches: Branches) -> None:
    one, two, yours = branches.pack(1, 2), branches.pack(3), branches.pack(4)
    compacted = branches.pack(1, 3)
    merge = merged(branches, fork(branches, [one, two], [compacted], [one, two, yours]), 1, 3, 4)
    assert (merge.replaced, merge.coverage) == (2, Coverage())
    assert text(branches) == branches.images_dvc([compacted, yours])


def test_a_replaced_part_comes_back_when_the_other_side_took_an_image_back(branches: Branches) -> None:
    old, compacted, yours = branches.pack(1, 2), branches.pack(1), branches.pack(4)
    merge = merged(branches, fork(branches, [old], [compacted], [old, yours]), 1, 2, 4)
    assert (merge.replaced, merge.coverage) == (0, Coverage(returning=[old]))
    assert text(branches) == branches.images_dvc([old, compacted, yours])


def test_an_erased_image_that_the_other_side_packed_again_is_found(branches: Branches) -> None:
    one, two = branches.pack(1, 2), branches.pack(3)
    erased, compacted = branches.pack(1), branches.pack(1, 2, 3)
    merge = merged(branches, fork(branches, [one, two], [erased, two], [compacted]), 1, 3, erased=(2,))
    assert merge.still_erased == [tiny_id(2)]
    assert text(branches) == branches.images_dvc([erased, compacted])


def test_parts_added_since_git_stopped_stay(branches: Branches) -> None:
    first, mine, yours, later = branches.pack(1), branches.pack(2), branches.pack(3), branches.pack(4)
    operation = fork(branches, [first], [first, mine], [first, yours])
    merged(branches, operation, 1, 2, 3)
    everything = branches.images_dvc([first, mine, yours, later])
    branches.project.images_dvc.write_text(everything, encoding="utf-8")
    branches.git("add", "data/images.dvc")
    merged(branches, operation, 1, 2, 3, 4)
    assert text(branches) == everything


def test_parts_replaced_since_git_stopped_stay_away_if_no_image_needs_them(branches: Branches) -> None:
    first, mine, yours = branches.pack(1), branches.pack(2, 9), branches.pack(3)
    operation = fork(branches, [first], [first, mine], [first, yours])
    merged(branches, operation, 1, 2, 3)
    # As `winnow erase 9` leaves it: the part and its object are gone.
    rewritten = branches.pack(2)
    staged = branches.images_dvc([first, rewritten, yours])
    branches.project.images_dvc.write_text(staged, encoding="utf-8")
    (branches.project.images / mine).unlink()
    for path in branches.objects.glob("*/*"):
        if path.suffix != ".dir":
            path.unlink()
    merged(branches, operation, 1, 2, 3, erased=(9,))
    assert text(branches) == staged
    # A side taken whole is no such thing: it lacks images.
    branches.pack(2, 9)
    branches.project.images_dvc.write_text(branches.images_dvc([first, mine]), encoding="utf-8")
    merged(branches, operation, 1, 2, 3)
    assert text(branches) == branches.images_dvc([first, mine, yours])


def test_a_project_without_parts_has_nothing_to_merge(branches: Branches) -> None:
    commit = branches.commit(rows([1]))
    with open_objects(branches.project) as objects:
        operation = Operation("merge", None, commit, commit, "theirs")
        assert merge_parts(branches.project, operation, objects, pa.array([], pa.string()), set()) is None


def test_no_listing_is_needed_where_only_one_side_changed_the_parts(branches: Branches) -> None:
    first, yours = branches.pack(1), branches.pack(2)
    operation = fork(branches, [first], [first], [first, yours])
    expected = text(branches)
    shutil.rmtree(branches.objects)
    assert merged(branches, operation, 1, 2) == PartsMerge(None)
    assert text(branches) == expected


def test_without_the_bases_listing_every_part_stays_unless_images_were_erased(branches: Branches) -> None:
    one, two, yours = branches.pack(1), branches.pack(2), branches.pack(3)
    compacted = branches.pack(1, 2)
    operation = fork(branches, [one, two], [compacted], [one, two, yours])
    (listing,) = branches.objects.glob(f"*/{recorded_md5(branches, operation.base)[2:]}")
    listing.unlink()
    with pytest.raises(InputError, match=r"the images\.dvc of the base names"):
        merged(branches, operation, 1, 2, 3, erased=(9,))
    merge = merged(branches, operation, 1, 2, 3)
    assert (merge.is_base_known, merge.replaced) == (False, 0)
    assert text(branches) == branches.images_dvc([one, two, yours, compacted])


def test_one_part_with_two_contents_is_damage(branches: Branches) -> None:
    first = branches.pack(1)
    mine = [first, branches.pack(2)]
    path = branches.project.images / mine[1]
    branches.images_dvc(mine)
    branches.commit(rows([0]), parts=[first])
    branches.git("branch", "feature")
    branches.commit(rows([0], "fox"), parts=mine)
    path.write_bytes(b"damaged")
    branches.git("checkout", "-q", "feature")
    branches.commit(rows([0], "owl"), parts=mine)
    branches.stops("merge", "-q", "main")
    with pytest.raises(InputError, match=f"got two contents of {mine[1]}"):
        merged(branches, find_operation(branches.project), 1)


def test_sizes_come_from_the_remote_and_an_unknown_one_changes_nothing(branches: Branches, tmp_path: Path) -> None:
    first, mine, yours = branches.pack(1), branches.pack(2), branches.pack(3)
    operation = fork(branches, [first], [first, mine], [first, yours])
    expected = branches.images_dvc([first, mine, yours])
    branches.set_remote(tmp_path / "store")
    shutil.rmtree(branches.objects)
    shutil.rmtree(branches.project.images)
    merged(branches, operation, 1, 2, 3)
    assert text(branches) == expected

    branches.git("checkout", "-m", "data/images.dvc")
    conflict = text(branches)
    for part in (tmp_path / "store" / "files" / "md5").glob("*/*"):
        if part.suffix != ".dir":
            part.unlink()
    with pytest.raises(InputError, match=r"the size of part-.* \(3 in all\) is not known"):
        merged(branches, operation, 1, 2, 3)
    assert text(branches) == conflict


@pytest.mark.slow
def test_the_folder_follows_where_the_cache_has_what_is_missing(branches: Branches) -> None:
    one, two = branches.pack(1), branches.pack(2)
    branches.commit(rows([1, 2]), parts=[one, two])
    assert read_recorded(branches.project) is not None
    with open_objects(branches.project) as objects:
        listing = {name: branches.put((branches.project.images / name).read_bytes()) for name in (one, two)}
        assert bring_folder(branches.project, objects, listing) is True
        (branches.project.images / two).unlink()
        assert bring_folder(branches.project, objects, listing) is True
        assert (branches.project.images / two).is_file()
        extra = branches.pack(3)
        assert bring_folder(branches.project, objects, listing) is True
        assert not (branches.project.images / extra).exists()
        (branches.project.images / two).unlink()
        objects.path(listing[two]).unlink()
        assert bring_folder(branches.project, objects, listing) is False
        shutil.rmtree(branches.project.images)
        assert bring_folder(branches.project, objects, listing) is True
        assert not branches.project.images.exists()


@pytest.mark.slow
def test_a_part_that_no_cache_has_is_not_removed_from_the_folder(branches: Branches) -> None:
    one, extra = branches.pack(1), branches.pack(2)
    branches.commit(rows([1]), parts=[one])
    md5s = {name: branches.put((branches.project.images / name).read_bytes()) for name in (one, extra)}
    with open_objects(branches.project) as objects:
        objects.path(md5s[extra]).unlink()
        assert bring_folder(branches.project, objects, {one: md5s[one]}) is False
    assert (branches.project.images / extra).is_file()
