"""What the owner says of a model, and what says nothing."""

from pathlib import Path

import pytest
from registered import CARD

from repository import CHECKOUT
from winnow.errors import InputError
from winnow.project import Project
from winnow.registry.owner_part import is_placeholder, read_owner_part, write_template

ALL = ["intended_use", "not_for", "owner", "data_source", "data_licence", "known_limits"]


def part(root: Path, text: str) -> Project:
    (root / "card.yaml").write_text(text, encoding="utf-8")
    return Project(root)


def test_what_is_filled_in_has_no_gaps(tmp_path: Path) -> None:
    found = read_owner_part(part(tmp_path, CARD))
    assert found.gaps() == []
    assert (found.data_licence, found.power_w, found.price_per_h) == ("CC0-1.0", 65, None)


def test_without_a_file_all_is_a_gap_and_the_template_is_no_better(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert read_owner_part(project).gaps() == ALL
    write_template(project)
    assert read_owner_part(project).gaps() == ALL


def test_the_shipped_card_is_filled_in() -> None:
    assert read_owner_part(Project(CHECKOUT)).gaps() == []


@pytest.mark.parametrize(
    "text",
    ["", "  ", "TODO", "todo: ask ada", "TBD.", "<your name>", "...", "…", "-", "xxx", "Fill in later", "?", "n/"],
)
def test_a_placeholder_is_one_in_any_dress(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["none", "MIT", "for 3 < 5 cats", "Mastodons and tbdx", "CC-BY-4.0"])
def test_short_words_are_words(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CARD.replace("schema: 1", "schema: 2"), "expected `schema: 1`"),
        (CARD + "colour: red\n", "colour"),
        (CARD.replace("overhead: 1.2", "overhead: 0.5"), "overhead"),
        (CARD.replace("power_w: 65", "power_w: -1"), "power_w"),
        (CARD.replace("owner: the tests", "owner: [a, b]"), "owner"),
        (CARD.replace("owner: the tests\n", ""), "owner"),
        ("- a list", "expected a mapping"),
        ("a: [", "not valid YAML"),
    ],
)
def test_a_file_that_is_none_is_refused_by_its_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_owner_part(part(tmp_path, text))
