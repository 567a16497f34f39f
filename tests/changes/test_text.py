from winnow.changes.text import to_text
from winnow.markup.blocks import Block
from winnow.markup.text import MAX_ROWS

SUMMARY = Block("Data", [("the working tree against ", "main")])


def test_the_summary_comes_first_and_tables_are_aligned() -> None:
    table = Block("Classes", [("a sentence",)], ("class", "images"), [("c", "1,000"), ("elephant", "2")])
    assert to_text([SUMMARY, table]) == [
        "the working tree against main",
        "",
        "Classes",
        "  a sentence",
        "  class     images",
        "  c         1,000",
        "  elephant  2",
    ]


def test_a_long_table_is_cut_and_says_so() -> None:
    lines = to_text([SUMMARY, Block("Classes", [], ("class",), [("c",)] * (MAX_ROWS + 3))])
    assert len(lines) == 3 + 1 + MAX_ROWS + 1
    assert lines[-1] == "  and 3 more (winnow diff --json has them all)"
