from winnow.markup.blocks import Bar, Block, Row, Strong, Symbol, link, word
from winnow.markup.text import MAX_ROWS, line_text, to_text


def test_a_block_is_a_title_sentences_and_an_aligned_table() -> None:
    rows: list[Row] = [("cat", "1,000"), (("dog", Symbol(" ▲")), "2")]
    block = Block("Classes", [("a ", Strong("sentence"))], ("class", "images"), rows, "lr", digest=("two",))
    assert to_text([block]) == ["Classes: two", "  a sentence", "  class  images", "  cat     1,000", "  dog         2"]


def test_columns_of_decorations_are_left_out() -> None:
    block = Block("x", [], ("class", "", "n"), [("cat", (Bar(0.5),), "1")])
    assert to_text([block])[1:] == ["  class  n", "  cat    1"]


def test_inner_blocks_and_commands_are_indented() -> None:
    block = Block("x", code=["winnow report"], inner=[Block("inner", [("y",)])])
    assert to_text([block, Block("z")]) == ["x", "  winnow report", "  inner", "    y", "", "z"]


def test_a_long_table_says_how_much_it_leaves_out() -> None:
    block = Block("x", [], ("n",), [(str(number),) for number in range(MAX_ROWS + 3)])
    lines = to_text([block], rest="verdict.json has them all")
    assert lines[-1] == "  and 3 more (verdict.json has them all)"
    assert len(lines) == 1 + 1 + MAX_ROWS + 1


def test_a_link_shows_its_address() -> None:
    assert line_text([link("report", "https://a.org/b"), " ", word("c")]) == "report (a.org): https://a.org/b c"
