from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.data.labels import COLUMNS, Labels
from winnow.merging.rows import Merged, Question, merge_rows

Row = tuple[str, ...]
Table = dict[str, Row]


def image(number: int) -> str:
    return f"{number:020x}"


def labels(rows: Table, further: tuple[str, ...] = ()) -> Labels:
    """Return a table from `id -> label, name, group, split, further...`."""
    return Labels.from_rows(((each, *cells) for each, cells in rows.items()), further)


def table(merged: Labels) -> Table:
    return {row[0]: row[1:] for row in merged.rows()}


A, B, C, D = (image(number) for number in range(4))
BASE = {A: ("cat", "a.png", "g1", ""), B: ("dog", "b.png", "g2", ""), C: ("dog", "c.png", "", "test")}


def merge(ours: Table, theirs: Table) -> Merged:
    return merge_rows(labels(BASE), labels(ours), labels(theirs))


def test_rows_come_and_go_from_both_sides() -> None:
    ours = {A: BASE[A], C: BASE[C], image(8): ("cat", "ours.png", "", "")}
    theirs = {A: BASE[A], B: BASE[B], image(9): ("dog", "theirs.png", "", "")}
    merged = merge(ours, theirs)
    assert merged.questions == []
    assert table(merged.labels) == {A: BASE[A], image(8): ours[image(8)], image(9): theirs[image(9)]}


def test_different_cells_of_a_row_merge() -> None:
    ours = {**BASE, A: ("dog", "a.png", "g1", "")}
    theirs = {**BASE, A: ("cat", "a.png", "g7", "val")}
    merged = merge(ours, theirs)
    assert merged.questions == []
    assert table(merged.labels) == {**BASE, A: ("dog", "a.png", "g7", "val")}


def test_the_same_change_on_both_sides_is_no_question() -> None:
    same = {A: ("dog", "a.png", "g1", ""), C: BASE[C], D: ("new", "d.png", "", "")}
    merged = merge(same, same)
    assert merged.questions == []
    assert table(merged.labels) == same


def test_the_same_cell_changed_differently_is_asked() -> None:
    ours = {**BASE, A: ("owl", "a.png", "g1", "")}
    theirs = {**BASE, A: ("fox", "a.png", "g9", "")}
    merged = merge(ours, theirs)
    assert merged.questions == [Question(A, "a.png", "label", "owl", "fox")]
    assert table(merged.labels)[A] == ("owl", "a.png", "g9", "")
    theirs_decide = merge_rows(labels(BASE), labels(ours), labels(theirs), decider=labels(theirs))
    assert theirs_decide.questions == merged.questions
    assert table(theirs_decide.labels)[A] == ("fox", "a.png", "g9", "")


def test_an_image_that_both_sides_added_is_asked_where_they_differ() -> None:
    ours = {**BASE, D: ("owl", "d.png", "", "")}
    theirs = {**BASE, D: ("fox", "d.png", "g4", "")}
    merged = merge(ours, theirs)
    assert merged.questions == [Question(D, "d.png", "label", "owl", "fox")]
    assert table(merged.labels)[D] == ("owl", "d.png", "g4", "")


@pytest.mark.parametrize("is_removed_by_ours", [True, False])
def test_changed_here_and_removed_there_is_asked(*, is_removed_by_ours: bool) -> None:
    removed = {B: BASE[B], C: BASE[C]}
    changed = {**BASE, A: ("owl", "a.png", "g1", "")}
    ours, theirs = (removed, changed) if is_removed_by_ours else (changed, removed)
    values = (None, "owl") if is_removed_by_ours else ("owl", None)
    merged = merge(ours, theirs)
    assert merged.questions == [Question(A, "a.png", "label", *values)]
    for decider in (removed, changed):
        decided = merge_rows(labels(BASE), labels(ours), labels(theirs), decider=labels(decider))
        assert table(decided.labels) == decider


def test_a_person_decides_in_a_table_of_their_own() -> None:
    ours = {**BASE, A: ("owl", "a.png", "g1", ""), B: ("owl", "b.png", "g2", "")}
    theirs = {**BASE, A: ("fox", "a.png", "g1", ""), B: ("fox", "b.png", "g2", "")}
    decided = {A: ("newt", "a.png", "elsewhere", "")}
    merged = merge_rows(labels(BASE), labels(ours), labels(theirs), decider=labels(decided))
    assert table(merged.labels) == {A: ("newt", "a.png", "g1", ""), C: BASE[C]}
    removed_there = merge_rows(labels(BASE), labels(ours), labels({}), decider=labels(decided))
    assert table(removed_there.labels) == decided


def test_further_columns_of_both_sides_are_there_and_empty_where_nobody_filled_them() -> None:
    ours = labels({image(1): ("cat", "", "", "", "here"), image(8): ("cat", "", "", "", "east")}, ("site",))
    theirs = labels({image(1): ("cat", "", "", "", "40"), image(9): ("dog", "", "", "", "50")}, ("age",))
    merged = merge_rows(labels({image(1): ("cat", "", "", "")}), ours, theirs)
    assert merged.labels.further == ["age", "site"]
    assert table(merged.labels) == {
        image(1): ("cat", "", "", "", "40", "here"),
        image(8): ("cat", "", "", "", "", "east"),
        image(9): ("dog", "", "", "", "50", ""),
    }


def test_a_new_column_is_no_change_of_a_row_that_the_other_side_removed() -> None:
    ours = labels({A: (*BASE[A], "x"), B: (*BASE[B], "y"), C: (*BASE[C], "")}, ("site",))
    merged = merge_rows(labels(BASE), ours, labels({A: BASE[A]}))
    assert merged.questions == []
    assert table(merged.labels) == {A: (*BASE[A], "x")}


def test_a_dropped_column_stays_away_unless_new_rows_fill_it() -> None:
    base = labels({A: ("cat", "", "", "", "x")}, ("site",))
    dropped = labels({A: ("cat", "", "", "")})
    assert merge_rows(base, base, dropped).labels.further == []
    filled = labels({A: ("cat", "", "", "", "x"), B: ("dog", "", "", "", "y")}, ("site",))
    assert table(merge_rows(base, filled, dropped).labels) == {A: ("cat", "", "", "", ""), B: ("dog", "", "", "", "y")}
    changed = labels({A: ("cat", "", "", "", "z")}, ("site",))
    assert merge_rows(base, changed, dropped).questions == [Question(A, "", "site", "z", "")]


def test_a_columns_order_is_that_of_the_side_that_changed_it() -> None:
    base, ours = labels({A: BASE[A]}), labels({A: (*BASE[A], "1", "2")}, ("z", "a"))
    assert merge_rows(base, ours, base).labels.further == ["z", "a"]
    assert merge_rows(base, base, ours).labels.further == ["z", "a"]


def test_the_order_of_columns_is_stable_when_a_dropped_one_comes_back() -> None:
    base, ours = labels({}, ("age",)), labels({})
    theirs = labels({A: (*BASE[A], "40", "")}, ("age", "site"))
    merged = merge_rows(base, ours, theirs).labels
    assert merged.further == ["age", "site"]
    assert merge_rows(base, merged, theirs).labels.further == merged.further


def many(numbers: range, change: Callable[[int], str] = lambda number: f"class-{number % 1000}") -> Labels:
    rows = ((image(number), change(number), f"{number}.png", "", "") for number in numbers)
    return Labels.from_rows(rows)


def test_five_hundred_rows_on_each_side_of_twenty_six_thousand() -> None:
    base = many(range(26_000))
    ours = many(range(26_500), lambda number: "owl" if number in {3, 5} else f"class-{number % 1000}")
    theirs = base.merged(many(range(30_000, 30_500))).without([image(7), image(8)])
    theirs = theirs.relabelled({image(4): "fox", image(5): "fox"})
    merged = merge_rows(base, ours, theirs)
    assert merged.questions == [Question(image(5), "5.png", "label", "owl", "fox")]
    assert len(merged.labels) == 26_000 + 1000 - 2
    assert merged.labels.column("id") == sorted(merged.labels.column("id"))
    assert [merged.labels.only([image(each)]).column("label")[0] for each in (3, 4, 6)] == ["owl", "fox", "class-6"]


CELLS = st.tuples(*(st.sampled_from(["", "x", "y"]) for _ in range(6)))


@st.composite
def tables(draw: st.DrawFn) -> Labels:
    further = tuple(name for name in ("age", "site") if draw(st.booleans()))
    rows = draw(st.dictionaries(st.sampled_from([image(number) for number in range(6)]), CELLS, max_size=6))
    return labels({each: cells[: 4 + len(further)] for each, cells in rows.items()}, further)


def is_same(one: Labels, other: Labels) -> bool:
    return bool(one.table.equals(other.table))


def cells_of(side: Labels) -> dict[str, dict[str, str]]:
    return {row["id"]: {name: cell for name, cell in row.items() if cell} for row in side.table.to_pylist()}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(tables(), tables(), tables())
def test_the_sides_are_exchangeable_a_merge_is_stable_and_what_one_side_touched_stays(
    base: Labels, ours: Labels, theirs: Labels
) -> None:
    merged = merge_rows(base, ours, theirs)
    ids = merged.labels.column("id")
    assert ids == sorted(set(ids))
    assert is_same(merge_rows(base, ours, base).labels, ours)
    assert is_same(merge_rows(base, ours, ours).labels, ours)
    # Whoever decides, only what was asked differs.
    mirrored = merge_rows(base, theirs, ours, decider=ours)
    assert is_same(mirrored.labels, merged.labels)
    assert [(each.id, each.column) for each in mirrored.questions] == [
        (each.id, each.column) for each in merged.questions
    ]
    if not merged.questions:
        again = merge_rows(base, merged.labels, theirs)
        assert (again.questions, is_same(again.labels, merged.labels)) == ([], True)

    before, mine, yours, result = map(cells_of, (base, ours, theirs, merged.labels))
    for each in mine.keys() | yours.keys():
        if mine.get(each) == before.get(each) and each in yours:
            assert result[each] == yours[each]
        if yours.get(each) == before.get(each) and each in mine:
            assert result[each] == mine[each]
    assert result.keys() <= mine.keys() | yours.keys()


def test_tables_are_strings_in_the_order_of_labels_csv() -> None:
    merged = merge_rows(Labels.empty(), labels({B: BASE[B]}), labels({A: BASE[A]})).labels
    assert merged.table.schema == pa.schema([pa.field(name, pa.string()) for name in COLUMNS])
    assert len(merge_rows(Labels.empty(), Labels.empty(), Labels.empty()).labels) == 0
