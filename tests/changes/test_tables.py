from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.changes import tables
from winnow.changes.pairing import Pairing
from winnow.changes.record import Setting, Transition
from winnow.changes.snapshot import DEALT, Snapshot

A, B, C, D = (letter * 20 for letter in "abcd")
MakePairing = Callable[..., Pairing]
MakeSnapshot = Callable[..., Snapshot]
Row = tuple[str, ...]

IDS = [f"{number:020x}" for number in range(12)]
ROWS = st.dictionaries(
    st.sampled_from(IDS),
    st.tuples(
        st.sampled_from(["", "cat", "dog"]),
        st.sampled_from(["", "n"]),
        st.sampled_from(["", "g", "h"]),
        st.sampled_from(["", "train", "val", "test", "vault"]),
    ),
).map(lambda rows: [(image, *rest) for image, rest in rows.items()])


def row(image: str, label: str = "cat", *, name: str = "", group: str = "", split: str = "train") -> Row:
    return (image, label, name, group, split)


@settings(max_examples=40, deadline=None)
@given(before=ROWS, after=ROWS)
def test_the_tables_are_what_a_loop_over_the_images_counts(
    pair: MakePairing, before: list[Row], after: list[Row]
) -> None:
    pairing = pair(before, after)
    old, new = ({one["id"]: one for one in side.rows.to_pylist()} for side in (pairing.before, pairing.after))
    kept = sorted(old.keys() & new.keys())
    relabelled = [image for image in kept if old[image]["label"] != new[image]["label"]]
    moved = [
        image
        for image in kept
        if old[image][DEALT] != new[image][DEALT] and old[image]["label"] and new[image]["label"]
    ]
    assert tables.images(pairing.added, 5).examples == sorted(new.keys() - old.keys())[:5]
    assert tables.images(pairing.removed, 5).count == len(old.keys() - new.keys())
    assert tables.relabelled(pairing, 5).examples == relabelled[:5]
    assert (tables.moved(pairing, 5).examples, tables.moved(pairing, 0).count) == (moved[:5], len(moved))
    steps = Counter((old[image]["label"], new[image]["label"]) for image in relabelled)
    assert {(one.before, one.after): one.count for one in tables.relabelled(pairing, 0).transitions} == steps
    for change in tables.class_changes(pairing):
        of_class = [image for image in new if new[image]["label"] == change.label]
        assert change.after == Counter(new[image][DEALT] for image in of_class)
        assert change.added == Counter(new[image][DEALT] for image in of_class if image not in old)
        assert change.relabelled_in == Counter(new[image][DEALT] for image in of_class if image in relabelled)


@settings(max_examples=40, deadline=None)
@given(before=ROWS, after=ROWS)
def test_what_was_and_what_changed_add_up_to_what_is(pair: MakePairing, before: list[Row], after: list[Row]) -> None:
    pairing = pair(before, after)
    for one in tables.split_changes(pairing):
        assert one.after == one.before + one.added - one.removed + one.moved_in - one.moved_out
    total = 0
    for change in tables.class_changes(pairing):
        sizes = {name: sum(counts.values()) for name, counts in change.model_dump(exclude={"label"}).items()}
        gained = sizes["added"] + sizes["relabelled_in"] - sizes["removed"] - sizes["relabelled_out"]
        assert sizes["after"] == sizes["before"] + gained
        total += gained
    assert total == len(after) - len(before)


@settings(max_examples=20, deadline=None)
@given(rows=ROWS)
def test_a_revision_does_not_differ_from_itself(pair: MakePairing, rows: list[Row]) -> None:
    pairing = pair(rows, rows)
    assert tables.class_changes(pairing) == []
    assert not any(one.moved_in or one.added for one in tables.split_changes(pairing))
    assert tables.columns(pairing).changed == {}
    assert tables.leaks(pairing, 5).torn_groups == 0


def test_the_most_changed_class_comes_first_and_an_unchanged_one_not_at_all(pair: MakePairing) -> None:
    before = [row(A, "cat"), row(B, "dog")]
    after = [row(A, "cat"), row(C, "owl"), row(D, "owl")]
    assert [change.label for change in tables.class_changes(pair(before, after))] == ["owl", "dog"]


def test_a_label_that_comes_or_goes_is_a_relabel_and_no_move(pair: MakePairing) -> None:
    pairing = pair([row(A, ""), row(B, "dog")], [row(A, "cat"), row(B, "")])
    assert tables.relabelled(pairing, 5).transitions == [
        Transition(before="", after="cat", count=1),
        Transition(before="dog", after="", count=1),
    ]
    assert tables.moved(pairing, 5).count == 0
    assert [(side.num_images, side.num_unlabelled) for side in map(tables.side, (pairing.before, pairing.after))] == [
        (2, 1),
        (2, 1),
    ]
    [train, unlabelled] = tables.split_changes(pairing)
    assert (train.moved_in, train.moved_out, unlabelled.moved_in, unlabelled.moved_out) == (1, 1, 1, 1)


def test_pins_and_groups_that_change_are_counted_with_their_groups(pair: MakePairing) -> None:
    before = [row(A, group="p"), row(B, group="p"), row(C), row(D, group="q")]
    after = [row(A, group="q"), row(B, group="q"), row(C, split="test"), row(D, group="q")]
    pairing = pair(before, after)
    regrouped = tables.regrouped(pairing, 5)
    assert (regrouped.count, regrouped.num_groups_before, regrouped.num_groups_after) == (2, 1, 1)
    assert tables.repinned(pairing, 5).examples == [C]
    moved = tables.moved(pairing, 5)
    assert (moved.examples, moved.num_groups) == ([C], 0)
    assert moved.transitions == [Transition(before="train", after="test", count=1)]


def test_a_group_that_moves_as_a_whole_is_counted_once(pair: MakePairing) -> None:
    before = [row(image, group="p", split="train") for image in (A, B)]
    after = [row(image, group="p", split="val") for image in (A, B)]
    moved = tables.moved(pair(before, after), 5)
    assert (moved.count, moved.num_groups) == (2, 1)


def test_another_seed_is_named_and_so_is_what_it_moved(snapshot: MakeSnapshot) -> None:
    rows = [(image, "cat", "", "", "") for image in IDS]
    pairing = Pairing(snapshot(rows, seed=0), snapshot(rows, seed=1, test_fraction=0.5))
    assert tables.settings(pairing) == [
        Setting(key="seed", before=0, after=1),
        Setting(key="test_fraction", before=0.25, after=0.5),
    ]
    assert tables.moved(pairing, 5).count > 0


def test_columns_that_come_go_and_change_are_named(snapshot: MakeSnapshot) -> None:
    before = snapshot([(*row(A, name="x"), "north", "5"), (*row(B), "south", "6")], ["site", "age"])
    after = snapshot([(*row(A, name="y"), "west", "new"), (*row(B), "south", "new")], ["site", "dealt"])
    columns = tables.columns(Pairing(before, after))
    assert (columns.added, columns.removed) == (["dealt"], ["age"])
    assert columns.changed == {"name": 1, "site": 1}


def test_a_group_torn_by_pins_is_a_leak_once(pair: MakePairing) -> None:
    whole = [row(A, group="p"), row(B, group="p")]
    torn = [row(A, group="p"), row(B, group="p", split="test")]
    leaks = tables.leaks(pair(whole, torn), 5)
    assert (leaks.torn_groups, leaks.torn, leaks.trained_before) == (1, [A, B], 1)
    assert tables.leaks(pair(torn, torn), 5).torn_groups == 0


@pytest.mark.parametrize(("split", "expected"), [("val", 1), ("vault", 1), ("train", 0)])
def test_an_image_that_judges_now_and_was_trained_on_is_a_leak(pair: MakePairing, split: str, expected: int) -> None:
    assert tables.leaks(pair([row(A)], [row(A, split=split)]), 5).trained_before == expected
