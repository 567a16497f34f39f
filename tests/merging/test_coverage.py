import pyarrow as pa
from branches import Branches, tiny_id

from winnow.data.parts import part_ids
from winnow.merging.coverage import Coverage, Holds, cover, holding, not_held


def ids(*numbers: int) -> pa.Array:
    return pa.array([tiny_id(number) for number in numbers], pa.string())


def finder(branches: Branches, *absent: str) -> Holds:
    def holds(name: str) -> pa.Array | None:
        return None if name in absent else part_ids(branches.project.images / name)

    return holds


def test_what_a_compacted_part_holds_may_leave_the_others(branches: Branches) -> None:
    old, new = branches.pack(1, 2, 3), branches.pack(1, 2)
    assert cover([old], [new], ids(1, 2), ids(), finder(branches)) == Coverage()


def test_a_part_that_alone_holds_a_labelled_image_returns(branches: Branches) -> None:
    one, two, new = branches.pack(1, 2, 3), branches.pack(3, 4), branches.pack(1, 2)
    found = cover([one, two], [new], ids(1, 2, 3), ids(), finder(branches))
    assert found == Coverage(returning=[min(one, two)])
    assert cover([one, two], [new], ids(1, 2, 4), ids(), finder(branches)) == Coverage(returning=[two])


def test_a_part_with_an_erased_image_does_not_return(branches: Branches) -> None:
    old, new = branches.pack(1, 2, 3), branches.pack(1)
    assert cover([old], [new], ids(1, 2), ids(3), finder(branches)) == Coverage(lost=[tiny_id(2)])
    other = branches.pack(2)
    found = cover([old, other], [new], ids(1, 2), ids(3), finder(branches))
    assert found == Coverage(returning=[other])


def test_parts_that_are_not_here_are_named(branches: Branches) -> None:
    old, new = branches.pack(1, 2), branches.pack(1, 3)
    assert cover([old], [new], ids(1, 2), ids(), finder(branches, old)) == Coverage(unknown=[old])
    assert cover([old], [new], ids(1, 2), ids(), finder(branches, new)) == Coverage(unknown=[new])
    assert cover([], [new], ids(1, 2), ids(), finder(branches, new)) == Coverage()


def test_parts_that_are_not_here_do_not_matter_where_the_others_hold_all(branches: Branches) -> None:
    old, new = branches.pack(1, 2), branches.pack(1, 3)
    assert cover([old], [new], ids(1, 3), ids(), finder(branches, old)) == Coverage()


def test_erased_images_in_parts_that_are_here_are_found(branches: Branches) -> None:
    one, two = branches.pack(1, 2), branches.pack(3)
    assert holding([one, two], ids(2, 3, 9), finder(branches, two)) == [tiny_id(2)]
    assert holding([one, two], ids(), finder(branches)) == []


def test_what_no_part_is_known_to_hold_is_missing(branches: Branches) -> None:
    one, two = branches.pack(1, 2), branches.pack(3)
    assert not_held([one, two], ids(1, 3, 4), finder(branches)) == (ids(4), [])
    assert not_held([one, two], ids(1, 3), finder(branches, two)) == (ids(3), [two])
