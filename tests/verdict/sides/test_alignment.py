import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from predicted import CLASSES, UNKNOWN, contender, dealt, predict, together

from winnow.evaluation.predictions import Predictions
from winnow.records import NotAvailable
from winnow.verdict.sides.alignment import Pair, align
from winnow.verdict.sides.contender import Contender


def aligned(base: Contender, head: Contender) -> Pair:
    pair = align(base, head)
    assert isinstance(pair, Pair)
    return pair


def reason(base: Contender, head: Contender) -> str:
    found = align(base, head)
    assert isinstance(found, NotAvailable)
    return found.not_available


def all_cats(ids: str) -> dict[str, str]:
    return dict.fromkeys(ids, "cat")


def test_shared_test_images_are_compared_in_one_order_and_the_rest_is_counted() -> None:
    base = together(predict(all_cats("dcba"), wrong="b"), predict(all_cats("xy"), split="val"))
    pair = aligned(contender(base), contender(predict(all_cats("bcxe"), wrong="c")))
    assert pair.base.column("id") == pair.head.column("id") == ["b", "c"]
    assert pair.base.decisions.predicted.tolist() == [1, 0]
    assert pair.head.decisions.predicted.tolist() == [0, 1]
    counts = pair.test_set
    assert (counts.num_base, counts.num_head, counts.num_compared) == (4, 4, 2)
    assert (counts.only_base, counts.only_head, counts.trained_on, counts.relabelled) == (2, 2, 0, 0)


def test_images_that_either_side_trained_on_leave_and_are_counted_once() -> None:
    base = contender(predict(all_cats("abcd")), rows=dealt(train="ex", test="abcd"))
    head = contender(predict(all_cats("abcde")), rows=dealt(train="a", test="bcde"))
    counts = aligned(base, head).test_set
    assert aligned(base, head).base.column("id") == ["b", "c", "d"]
    assert (counts.num_base, counts.num_head, counts.trained_on) == (4, 5, 2)
    assert (counts.only_base, counts.only_head, counts.notes) == (0, 0, [])


def test_a_files_own_splits_tell_what_its_model_trained_on() -> None:
    base = together(predict(all_cats("ab"), split="train"), predict(all_cats("cd")))
    pair = aligned(contender(base), contender(predict(all_cats("abcd")), "HEAD"))
    assert (pair.head.column("id"), pair.test_set.trained_on) == (["c", "d"], 2)
    assert pair.test_set.notes == ["what the model of HEAD trained on is not known: no image was left out for it"]


def test_todays_labels_groups_and_columns_judge_both() -> None:
    head = predict({"a": "dog", "b": "cat"})
    groups = pa.chunked_array([["g", "g"]])
    table = head.table.set_column(3, "group", groups).append_column("site", pa.chunked_array([["north", "south"]]))
    pair = aligned(contender(predict(all_cats("ab"))), contender(Predictions(table, head.probabilities, head.classes)))
    for side in (pair.base, pair.head):
        assert (side.column("label"), side.column("site"), side.groups.count) == (["dog", "cat"], ["north", "south"], 1)
    assert pair.test_set.relabelled == 1
    assert pair.base.decisions.accuracy == 0.5


def test_a_class_that_one_side_lacks_has_no_probability_there() -> None:
    base = predict(all_cats("ab"), classes=("owl", "cat"))
    pair = aligned(contender(base), contender(predict({"a": "cat", "b": "emu"}, classes=("cat", "emu"))))
    assert pair.base.classes == pair.head.classes == ["cat", "emu", "owl"]
    assert (pair.classes_added, pair.classes_removed) == (["emu"], ["owl"])
    assert pair.base.probabilities == pytest.approx(np.array([[0.8, 0, 0.2], [0.8, 0, 0.2]]))
    assert pair.head.probabilities == pytest.approx(np.array([[0.8, 0.2, 0], [0.2, 0.8, 0]]))
    assert pair.base.targets.tolist() == [0, 1]


def test_predictions_that_are_older_than_the_labels_are_told() -> None:
    head = contender(predict({"a": "cat", "b": "dog"}), rows=dealt(test="abc", train="d"))
    [note] = aligned(contender(predict(all_cats("ab")), rows=dealt(test="ab")), head).test_set.notes
    assert note == "test images that are not predicted yet, or under another label: 2 (run `dvc repro evaluate`)"


def test_what_a_side_noted_is_passed_on() -> None:
    rows = dealt(test="a")
    base = contender(predict(all_cats("ab")), rows=rows, rescored=frozenset("b"), notes=("said before",))
    counts = aligned(base, contender(predict(all_cats("ab")), rows=dealt(test="ab"))).test_set
    assert (counts.notes, counts.rescored, counts.num_base, counts.num_compared) == (["said before"], True, 1, 2)


def test_why_there_is_nothing_to_compare_is_a_sentence() -> None:
    one, other = contender(predict(all_cats("ab"))), contender(predict(all_cats("xy")), "HEAD")
    assert reason(one, other) == "main and HEAD share no test image"
    trained = contender(predict(all_cats("ab")), "HEAD", rows=dealt(train="ab"))
    assert reason(one, trained).endswith("(left out because a model trained on them: 2)")
    assert reason(contender(UNKNOWN), one) == reason(one, contender(UNKNOWN)) == "nobody knows"
    assert reason(contender(predict(all_cats("a"), split="val")), one) == "the predictions of main hold no test image"
    owls = contender(predict({"a": "o1"}, classes=("o1", "o2", "o3", "o4")), "HEAD")
    assert reason(one, owls).endswith("main knows 'cat', 'dog', HEAD knows 'o1', 'o2', 'o3' and 1 more")


@settings(max_examples=40, deadline=None)
@given(before=st.sets(st.integers(0, 30)), after=st.sets(st.integers(0, 30)), trained=st.sets(st.integers(0, 30)))
def test_every_image_is_accounted_for(before: set[int], after: set[int], trained: set[int]) -> None:
    one, other = ({f"{number:02}": CLASSES[number % 2] for number in ids} for ids in (before, after))
    rows = dealt(train=[f"{number:02}" for number in trained])
    pair = align(contender(predict(one), rows=rows), contender(predict(other), rows=dealt(test=[])))
    fair = (before & after) - trained
    assert isinstance(pair, Pair) == bool(fair)
    if isinstance(pair, Pair):
        counts = pair.test_set
        assert pair.base.column("id") == sorted(f"{number:02}" for number in fair)
        assert (counts.num_base, counts.num_head, counts.num_compared) == (len(before), len(after), len(fair))
        assert counts.only_base == len(before - after - trained)
        assert counts.only_head == len(after - before - trained)
        assert counts.trained_on == len((before | after) & trained)


def large(num: int, classes: list[str], seed: int) -> Predictions:
    probabilities = np.random.default_rng(seed).random((num, len(classes)), dtype=np.float32)
    texts = {"id": [f"{place:020x}" for place in range(num)], "split": ["test"] * num}
    table = pa.table({**texts, "label": [classes[place % len(classes)] for place in range(num)], "group": [""] * num})
    return Predictions(table, probabilities, classes)


@pytest.mark.slow
def test_ten_thousand_images_of_a_thousand_classes_take_a_fraction_of_a_second() -> None:
    names = [f"class {place:04}" for place in range(1001)]
    base, head = contender(large(10_000, names[:1000], 0)), contender(large(10_000, names[1:], 1))
    # Of this process: other work on the machine does not count.
    start = time.process_time()
    pair = aligned(base, head)
    assert time.process_time() - start < 1
    assert pair.base.probabilities.shape == (10_000, 1001)
