import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from winnow.markup.blocks import Block, Chart, Series, Strong, Symbol, prose, word
from winnow.markup.markdown import to_markdown

CURVE = Chart("validation loss", "step", "loss", [Series("head", [(0.0, 1.0), (1.0, 0.5)])])


def parse(page: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(page)


def table(title: str, num_rows: int, **more: object) -> Block:
    return Block(title, [], ("class", "n"), [(word(f"{title} {number}"), "1") for number in range(num_rows)], **more)


def is_whole(page: str) -> bool:
    """Return whether every table, fence and folded part is closed."""
    tokens = parse(page)
    rows = [line for line in page.splitlines() if line.startswith("|")]
    fences = [token for token in tokens if token.type == "fence"]
    return (
        sum(token.type == "tr_open" for token in tokens) == sum(not set(row) <= set("|-: ") for row in rows)
        and sum(line.startswith("```") for line in page.splitlines()) == 2 * len(fences)
        and page.count("<details>") == page.count("</details>")
    )


def test_a_page_reads_well() -> None:
    blocks = [
        Block("better", [(Strong("all"), " pass")], symbol="✅", digest=("accuracy 1 -> 2",)),
        Block("Gates", [], ("rule", "limit"), [((Symbol("✅ "), prose("at least 1")), "1")], "lr"),
        Block("Cost", [("a sentence",)], digest=("half",), code=["winnow report"], is_folded=True, inner=[Block("In")]),
    ]
    assert to_markdown(blocks) == (
        "### ✅ better: accuracy 1 → 2\n\n- <b>all</b> pass\n\n"
        "#### Gates\n\n| rule | limit |\n| --- | ---: |\n| ✅ at least 1 | 1 |\n\n"
        "<details>\n<summary><b>Cost</b>: half</summary>\n\n- a sentence\n\n```sh\nwinnow report\n```\n\n##### In\n\n"
        "</details>\n"
    )


def test_a_chart_is_a_fence() -> None:
    tokens = parse(to_markdown([Block("Curves", charts=[CURVE, Chart("x", "x", "x", [])])]))
    assert [token.info for token in tokens if token.type == "fence"] == ["mermaid"]


def test_a_table_shows_as_many_rows_as_its_block_allows_and_says_so() -> None:
    page = to_markdown([table("x", 30, max_rows=20)], rest="verdict.json has them all")
    assert page.endswith("\n\nand 10 more (verdict.json has them all)\n")
    assert page.count("<code>") == 20


def test_tables_become_shorter_before_anything_is_dropped() -> None:
    blocks = [Block("verdict"), table("a", 100), table("b", 100)]
    page = to_markdown(blocks, max_chars=2500)
    assert page.count("and 80 more") == 2
    assert "Left out" not in page


def test_blocks_are_dropped_from_the_bottom_and_named_but_not_those_that_are_kept() -> None:
    blocks = [Block("verdict"), *(table(name, 100) for name in "abc"), table("Provenance", 3, is_kept=True)]
    page = to_markdown(blocks, max_chars=720, rest="the page has all")
    assert [name for name in "abc" if f"#### {name}\n" in page] == ["a", "b"]
    assert page.endswith("Left out, because a comment has a limit: c (the page has all).\n")
    assert "#### Provenance" in page
    assert len(page) <= 720


def test_the_first_block_is_the_last_to_go() -> None:
    blocks = [Block("verdict", [("x" * 300,)]), table("kept", 9, is_kept=True), table("a", 9)]
    assert to_markdown(blocks, max_chars=450).startswith("### verdict\n\n- xxx")
    assert to_markdown(blocks, max_chars=100) == "### verdict\n"


@pytest.mark.parametrize("max_chars", range(100, 6000, 350))
def test_a_page_is_whole_whatever_its_limit(max_chars: int) -> None:
    blocks = [
        Block("verdict", [("a sentence",)]),
        table("a", 60),
        Block("folded", charts=[CURVE], inner=[table("inner", 40, is_folded=True)], is_folded=True),
        Block("Provenance", code=["winnow report", "dvc repro"], is_folded=True, is_kept=True),
    ]
    page = to_markdown(blocks, max_chars=max_chars)
    assert len(page) <= max_chars
    assert is_whole(page)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30), max_size=3))
def test_no_command_leaves_its_fence(commands: list[str]) -> None:
    tokens = parse(to_markdown([Block("Provenance", code=[*commands, "```", "````x"])]))
    [fence] = [token for token in tokens if token.type == "fence"]
    assert fence.content == "".join(f"{command}\n" for command in [*commands, "```", "````x"])
    assert not re.search("[`~]", fence.info)
