import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.markup.blocks import (
    MAX_SENTENCE,
    MAX_WORD,
    Bar,
    Block,
    Link,
    Prose,
    Quoted,
    link,
    names,
    pieces,
    printable,
    prose,
    said,
    word,
)


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(1, "│▇▇▇▇▇"), (0.6, "│▇▇▇"), (0.001, "│▇"), (0, "│"), (-0.4, "▇▇│"), (-1, "▇▇▇▇▇│"), (-7, "▇▇▇▇▇│")],
)
def test_a_bar_grows_from_zero_to_its_side_and_any_move_is_seen(share: float, drawn: str) -> None:
    bar = Bar(share)
    assert bar.replace("\u00a0", "") == drawn
    assert len(bar) == 11
    assert -1 <= bar.share <= 1


def test_text_that_is_not_ours_is_marked_and_short() -> None:
    assert isinstance(word("cat"), Quoted)
    assert isinstance(prose("a cat"), Prose)
    assert len(word("x" * 999)) == MAX_WORD
    assert len(said("x" * 999)) == len(prose("x" * 999)) == MAX_SENTENCE


@given(st.text(max_size=80))
def test_what_is_printable_cannot_act_on_a_terminal(text: str) -> None:
    assert printable(text, 80).isprintable()


def test_many_names_are_counted() -> None:
    assert "".join(names(["a", "b", "c"], 2)) == "a, b and 1 more"
    assert names([], 2) == ()
    assert [type(piece) for piece in names(["a", "b"], 2)] == [Quoted, str, Quoted]


def test_a_plain_address_becomes_a_link_that_names_its_host() -> None:
    made = link("full report", "https://ci.example.org:8443/runs/17?page=2")
    assert isinstance(made, Link)
    assert (made, made.url) == ("full report (ci.example.org:8443)", "https://ci.example.org:8443/runs/17?page=2")


@pytest.mark.parametrize(
    "url", ["http://a.org/x", "javascript:alert(1)", "https://a.org/) [x](", "https://user@a.org/", "https://a.org"]
)
def test_any_other_address_is_only_quoted(url: str) -> None:
    made = link("full report", url)
    assert (type(made), made) == (Quoted, url)


def test_cells_and_columns_have_one_form() -> None:
    assert pieces("a") == ("a",)
    assert pieces(("a", word("b"))) == ("a", "b")
    assert Block("x", header=("a", "b")).column_sides == "ll"
    assert Block("x", header=("a", "b"), align="lr").column_sides == "lr"
