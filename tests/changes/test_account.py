from collections.abc import Callable

import pytest

from winnow.changes.account import account
from winnow.changes.record import (
    Bytes,
    ClassChange,
    Columns,
    DataDiff,
    Duplicates,
    Finding,
    Images,
    Leaks,
    Moved,
    Parts,
    Regrouped,
    Relabelled,
    Setting,
    Side,
    SplitChange,
    Transition,
)
from winnow.markup.blocks import MAX_SENTENCE, MAX_WORD, Block, Quoted, printable
from winnow.records import NotAvailable

MakeRecord = Callable[..., DataDiff]
A, B = "a" * 20, "b" * 20


def said(record: DataDiff) -> list[str]:
    """Return all sentences."""
    return ["".join(line) for block in account(record) for line in block.lines]


def topic(record: DataDiff, title: str) -> Block:
    [block] = [block for block in account(record) if block.title == title]
    return block


def test_nothing_changed_is_three_lines(make_record: MakeRecord) -> None:
    assert said(make_record()) == [f"the working tree against main ({'c' * 12})", "3 images: no change", "2 classes"]


def test_the_summary_counts_what_changed(make_record: MakeRecord) -> None:
    record = make_record(
        after=Side(num_images=1003, num_unlabelled=2, num_classes=3),
        new_classes=["owl"],
        added=Images(count=1000, examples=[A, B]),
        relabelled=Relabelled(count=1, examples=[B], transitions=[Transition(before="", after="cat", count=1)]),
        moved=Moved(count=4, examples=[], num_groups=2, transitions=[]),
        regrouped=Regrouped(count=3, examples=[], num_groups_before=1, num_groups_after=2),
        repinned=Images(count=5, examples=[]),
        settings=[Setting(key="seed", before=0, after=3)],
        columns=Columns(added=["site"], removed=[], changed={"age": 7}),
        leaks=Leaks(torn_groups=1, torn=[A], trained_before=6),
        notes=["a note"],
    )
    assert said(record)[1:] == [
        "3 -> 1,003 images: 1,000 added, 0 removed, 1 relabelled",
        "0 -> 2 of them unlabelled",
        "2 -> 3 classes",
        "new classes: owl",
        "data.seed: 0 -> 3, so the splits are dealt anew",
        "moved to another split: 4, of groups: 2",
        "pinned to another split, or no longer pinned: 5",
        "regrouped: 3, groups: 1 -> 2",
        "new columns: site",
        "values changed in column age: 7",
        "images that judge now and were trained on before: 6",
        "groups that span several splits now, and did not before (D105): 1",
        f"of these groups: {A}",
        f"added: {A}, {B}, …",
        f"relabelled: {B}",
        "a note",
    ]
    assert topic(record, "Relabelled").rows == [("(unlabelled)", "cat", "1")]


def test_classes_and_splits_are_tables(make_record: MakeRecord) -> None:
    counts = {"train": 3, "test": 1}
    change = ClassChange(
        label="cat", before={}, after=counts, added=counts, removed={}, relabelled_in={}, relabelled_out={}
    )
    split = SplitChange(split="train", before=1, after=4, added=3, removed=0, moved_in=2, moved_out=2)
    record = make_record(classes=[change], splits=[split], added=Images(count=4, examples=[]))
    assert topic(record, "Classes").rows == [("cat", "0", "4", "4 (3 train, 1 test)", "0", "0", "0")]
    assert topic(record, "Splits").rows == [("train", "1", "4", "3", "0", "2", "2")]


def test_many_names_are_cut(make_record: MakeRecord) -> None:
    columns = Columns(added=[], removed=[], changed={f"c{number}": 1 for number in range(8)})
    record = make_record(vanished_classes=[f"class {number}" for number in range(10)], columns=columns)
    assert "vanished classes: class 0, class 1, class 2, class 3, class 4, class 5 and 4 more" in said(record)
    assert "further columns with changed values: 2" in said(record)


def test_findings_and_near_duplicates_are_told(make_record: MakeRecord) -> None:
    finding = Finding(id="D301", severity="warning", message="2 of 9", status="new")
    found = Duplicates(findings=[finding], held_out_before=0, held_out_after=2, num_new_pairs=2, pairs=[(A, B)])
    block = topic(make_record(duplicates=found), "Findings and near duplicates")
    assert ["".join(line) for line in block.lines] == [
        "new near duplicates of images that judge: 2",
        "held out of training: 0 -> 2",
        f"{A} nearly duplicates {B}",
    ]
    assert block.rows == [("new", "D301", "warning", "2 of 9")]


def test_what_is_not_known_is_told_with_the_reason(make_record: MakeRecord) -> None:
    unknown = NotAvailable(not_available="no remote (dvc remote add)")
    lines = said(make_record(duplicates=unknown, parts=unknown))
    assert "not available: no remote (dvc remote add)" in lines
    assert "which parts came and went is not available: no remote (dvc remote add)" in lines


@pytest.mark.parametrize(
    ("added_bytes", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (64_200_000, "64.2 MB"), (None, "bytes not known")],
)
def test_bytes_are_told_in_fitting_units(make_record: MakeRecord, added_bytes: int | None, words: str) -> None:
    parts = Parts(added=["part-a"], removed=[], num_kept=2, added_bytes=added_bytes, removed_bytes=0)
    total = Bytes(before=0, after=3 * 10**15, num_parts_before=2, num_parts_after=3)
    lines = said(make_record(parts=parts, bytes=total))
    assert "images: 0 bytes -> 3,000.0 TB, parts: 2 -> 3" in lines
    assert f"parts: 1 added ({words}), 0 removed, 2 kept" in lines


def test_text_that_is_not_ours_is_marked_short_and_cannot_act_on_a_terminal(make_record: MakeRecord) -> None:
    record = make_record(new_classes=["\x1b[31mred\nnew\u202eline", "x" * 100])
    pieces = [piece for line in account(record)[0].lines for piece in line if isinstance(piece, Quoted)]
    assert pieces == ["main", "\ufffd[31mred new\ufffdline", "x" * (MAX_WORD - 1) + "…"]
    assert len(printable("y" * 1000, MAX_SENTENCE)) == MAX_SENTENCE
