from branches import rows, tiny_id

from winnow.data.labels import Labels
from winnow.merging.account import Changes, count_changes


def labels(cells: dict[str, tuple[str, ...]], further: tuple[str, ...] = ()) -> Labels:
    return Labels.from_rows(((image, *values) for image, values in cells.items()), further)


def test_a_sides_changes_are_counted_and_told() -> None:
    before = labels(rows(range(6)))
    after = rows([0, 1, 2, 3, 4, 7, 8])
    after |= {tiny_id(1): ("owl", "1.png", "g", ""), tiny_id(2): ("cat", "2.png", "", "val")}
    after[tiny_id(3)] = ("cat", "renamed.png", "", "")
    changes = count_changes(before, labels(after))
    assert changes == Changes(added=2, removed=1, relabelled=1, regrouped=1, pinned=1, otherwise_changed=1)
    assert str(changes) == "2 added, 1 removed, 1 relabelled, 1 regrouped, 1 pinned, 1 otherwise changed"


def test_a_column_that_was_filled_in_changes_its_rows() -> None:
    before = labels(rows([1, 2]))
    filled = labels({tiny_id(1): ("cat", "1.png", "", "", "x"), tiny_id(2): ("cat", "2.png", "", "", "")}, ("site",))
    assert count_changes(before, filled) == count_changes(filled, before) == Changes(otherwise_changed=1)


def test_no_change_is_false_and_nothing() -> None:
    assert not count_changes(labels(rows([1])), labels(rows([1])))
    assert str(Changes()) == "nothing"
