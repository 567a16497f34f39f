from collections.abc import Callable

from winnow.changes.pairing import Pairing
from winnow.changes.snapshot import DEALT, Snapshot

A, B, C = (letter * 20 for letter in "abc")


def row(image: str, label: str = "cat", split: str = "train") -> tuple[str, ...]:
    return (image, label, "", "", split)


def test_images_are_matched_by_id_whatever_else_they_say(pair: Callable[..., Pairing]) -> None:
    pairing = pair([row(A), row(B, "dog")], [row(B, "owl"), row(C)])
    assert pairing.added["id"].to_pylist() == [C]
    assert pairing.removed["id"].to_pylist() == [A]
    assert (pairing.kept_before["label"].to_pylist(), pairing.kept_after["label"].to_pylist()) == (["dog"], ["owl"])
    assert pairing.changed("label").to_pylist() == [True]
    assert pairing.changed(DEALT).to_pylist() == [False]


def test_a_further_column_is_compared_image_by_image(snapshot: Callable[..., Snapshot]) -> None:
    before = snapshot([(*row(A), "1"), (*row(B), "2"), (*row(C), "3")], ["age"])
    after = snapshot([(*row(B), "2"), (*row(C), "4")], ["age"])
    assert Pairing(before, after).num_changed_further("age") == 1


def test_nothing_can_be_compared_with_nothing(pair: Callable[..., Pairing]) -> None:
    pairing = pair([], [row(A)])
    assert (pairing.added.num_rows, pairing.removed.num_rows, len(pairing.changed("label"))) == (1, 0, 0)
    assert pair([], []).kept_after.num_rows == 0
