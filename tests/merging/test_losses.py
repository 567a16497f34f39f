import pyarrow as pa
import pytest
from branches import Branches, rows, tiny_id

from winnow.data.parts import part_ids
from winnow.errors import InputError
from winnow.merging.losses import Holds, Loss, find_loss

TWO_PARTS = ([1, 2], [3])


def ids(*numbers: int) -> pa.Array:
    return pa.array([tiny_id(number) for number in numbers], pa.string())


def holder(branches: Branches, *absent: str) -> Holds:
    def holds(name: str, md5: str) -> pa.Array | None:
        assert len(md5) == 32
        return None if name in absent else part_ids(branches.project.images / name)

    return holds


@pytest.fixture
def parts(branches: Branches) -> list[str]:
    """Two parts, committed."""
    packed = [branches.pack(*numbers) for numbers in TWO_PARTS]
    branches.commit(rows([1, 2, 3]), parts=packed)
    return packed


def record(branches: Branches, *parts: str) -> None:
    branches.project.images_dvc.write_text(branches.images_dvc(parts), encoding="utf-8")


def find(branches: Branches, wanted: pa.Array, *absent: str) -> Loss:
    return find_loss(branches.project, branches.git("rev-parse", "HEAD"), wanted, holder(branches, *absent))


def test_a_part_that_left_with_labelled_images_is_lost(branches: Branches, parts: list[str]) -> None:
    assert find(branches, ids(1, 2, 3)) == Loss(num_before=2)
    record(branches, parts[0])
    assert find(branches, ids(1, 2, 3)) == Loss(num_before=2, parts=[parts[1]])
    record(branches, parts[0], branches.pack(4))
    assert find(branches, ids(1, 2, 3, 4)) == Loss(num_before=2, num_new=1, parts=[parts[1]])
    branches.project.images_dvc.unlink()
    assert find(branches, ids(1, 2, 3)) == Loss(num_before=2, parts=sorted(parts))


def test_a_part_whose_images_are_removed_or_in_another_part_may_leave(branches: Branches, parts: list[str]) -> None:
    record(branches, parts[0])
    assert find(branches, ids(1, 2)) == Loss(num_before=2)
    compacted = branches.pack(1, 2, 3)
    record(branches, compacted)
    assert find(branches, ids(1, 2, 3)) == Loss(num_before=2, num_new=1)
    # As after an erasure: the old parts are nowhere.
    assert find(branches, ids(1, 2, 3), *parts) == Loss(num_before=2, num_new=1)


def test_what_cannot_be_looked_into_is_said_not_to_be_known(branches: Branches, parts: list[str]) -> None:
    record(branches, parts[0])
    found = find(branches, ids(1, 2, 3), parts[1])
    assert found.parts == []
    assert found.unknown == f"what {parts[1]} holds, for it is neither here nor in a remote that can be reached"
    record(branches, branches.pack(1))
    assert "(2 in all)" in find(branches, ids(1, 2, 3), *parts).unknown


def test_without_the_list_of_a_commits_parts_only_the_labels_tell(branches: Branches, parts: list[str]) -> None:
    for path in branches.objects.glob("??/*.dir"):
        path.unlink()
    record(branches, parts[0])
    assert find(branches, ids(1, 2)) == Loss(num_before=2)
    assert "neither in DVC's cache nor in the remote" in find(branches, ids(1, 2, 3)).unknown
    for path in branches.objects.glob("??/*.dir"):
        path.unlink()
    assert "neither in DVC's cache nor in the remote" in find(branches, ids(1, 2)).unknown


def test_a_commit_before_the_first_part_has_none_to_lose(branches: Branches) -> None:
    branches.commit(rows([]))
    record(branches, branches.pack(1))
    assert find(branches, ids(1)) == Loss()


def test_a_conflict_in_the_file_is_an_error_now_and_unknown_then(branches: Branches, parts: list[str]) -> None:
    text = branches.images_dvc(parts)
    branches.commit(data__images_dvc=f"<<<<<<< HEAD\n{text}")
    branches.project.images_dvc.write_text(text, encoding="utf-8")
    assert "not valid YAML" in find(branches, ids(1)).unknown
    branches.project.images_dvc.write_text("<<<<<<< HEAD\n", encoding="utf-8")
    with pytest.raises(InputError):
        find(branches, ids(1))
