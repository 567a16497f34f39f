import pytest

from winnow.data.labels import Labels
from winnow.errors import UsageError
from winnow.ingest.lookup import find_image

A, B, C = "a" * 20, "b" * 20, "c" * 20
LABELS = Labels.from_rows(
    [(A, "cat", "cat/1.png", "", ""), (B, "dog", "dog/1.png", "", ""), (C, "dog", "dog/rex.png", "", "")]
)


@pytest.mark.parametrize(("target", "image"), [(A, A), ("dog/1.png", B), ("rex.png", C)])
def test_an_image_is_found_by_id_name_or_the_last_part_of_it(target: str, image: str) -> None:
    assert find_image(LABELS, target) == image


def test_a_name_is_found_however_its_accents_are_typed() -> None:
    labels = Labels.from_rows([(A, "cat", "cat/caf\u00e9.png", "", "")])
    assert find_image(labels, "cafe\u0301.png") == A


def test_nothing_is_no_name() -> None:
    with pytest.raises(UsageError, match="got an empty one"):
        find_image(Labels.from_rows([(A, "cat", "", "", "")]), "")


def test_a_shared_name_says_how_many_share_it() -> None:
    with pytest.raises(UsageError, match=rf"2 images have the name '1\.png'\nhint: use an id: {A}, {B}"):
        find_image(LABELS, "1.png")


@pytest.mark.parametrize(("target", "near"), [("dog/rax.png", "dog/rex.png"), ("a" * 19, A)])
def test_an_unknown_name_comes_with_the_nearest(target: str, near: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean {near}"):
        find_image(LABELS, target)


def test_something_else_entirely_gets_a_hint() -> None:
    with pytest.raises(UsageError, match="winnow images list"):
        find_image(LABELS, "0")
