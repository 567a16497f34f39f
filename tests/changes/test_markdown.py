import html
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from winnow.changes.account import account
from winnow.changes.markdown import MAX_CHARS, to_markdown
from winnow.changes.record import ClassChange, Columns, DataDiff, Duplicates, Finding, Images, Relabelled, Transition
from winnow.markup.blocks import MAX_SENTENCE, MAX_WORD, Block, printable
from winnow.markup.quoting import quote
from winnow.records import NotAvailable

MakeRecord = Callable[..., DataDiff]

OUR_TAGS = {"<details>", "</details>", "<code>", "</code>"}
HOSTILE = [
    "a|b",
    "`code`",
    "```",
    "<img src=x onerror=alert(1)>",
    "</code></td><script>x</script>",
    "line\nbreak\r\n\n# heading",
    "@octocat and octocat@example.org",
    "![a](http://example.org/a.png) [b](javascript:c)",
    "www.example.org https://example.org #12 GH-1",
    "\\| \\` \\",
    "**bold** _em_ ~~gone~~ $x$ :smile:",
    "&lt;b&gt; &#60;",
    "<!-- ",
    "\u202egnp.exe\x00\x1b[31m",
    "- [ ] task",
    "x" * 5000,
    "",
    " ",
]
LABELS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80), st.text("|`<>&\\@[]()!*_~#\n", max_size=40))


def parse(page: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(page)


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or []]


def shown(tokens: list[Token]) -> str:
    """Return the text that a reader sees."""
    return "".join(token.content for token in tokens if token.type == "text")


def change_of(label: str, count: int = 1) -> ClassChange:
    counts = {"train": count}
    return ClassChange(
        label=label, before={}, after=counts, added=counts, removed={}, relabelled_in={}, relabelled_out={}
    )


def hostile_record(make_record: MakeRecord, labels: list[str]) -> DataDiff:
    """Return a record with these labels wherever a record has free text."""
    finding = Finding(id="D2", severity="w", message=labels[0], status="new")
    return make_record(
        revision=labels[0],
        new_classes=labels,
        vanished_classes=labels,
        classes=[change_of(label) for label in labels],
        added=Images(count=len(labels), examples=["a" * 20]),
        relabelled=Relabelled(
            count=1, examples=[], transitions=[Transition(before=label, after=label, count=1) for label in labels]
        ),
        columns=Columns(added=labels, removed=labels, changed=dict.fromkeys(labels, 1)),
        duplicates=Duplicates(
            findings=[finding] * len(labels), held_out_before=0, held_out_after=0, num_new_pairs=0, pairs=[]
        ),
        notes=labels,
    )


@settings(max_examples=80, deadline=None)
@given(label=LABELS)
def test_a_hostile_label_is_shown_as_it_is_and_does_nothing(label: str) -> None:
    word = printable(label, MAX_WORD)
    tokens = parse(f"| a | b |\n| --- | --- |\n| {quote(word)} | 1 |\n")
    cells = [tokens[index + 1] for index, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 2
    children = cells[0].children or []
    assert {token.type for token in children} <= {"html_inline", "text"}
    assert {token.content for token in children if token.type == "html_inline"} == {"<code>", "</code>"}
    assert shown(children).replace("\u200b", "").strip() == word.strip()


@settings(max_examples=15, deadline=None)
@given(labels=st.lists(LABELS, min_size=1, max_size=4))
def test_a_page_holds_our_tags_and_no_others(make_record: MakeRecord, labels: list[str]) -> None:
    page = to_markdown(account(hostile_record(make_record, labels)))
    tokens = parse(page)
    types = {token.type for token in [*tokens, *inline(tokens)]}
    assert not types & {"link_open", "image", "code_inline", "em_open", "strong_open", "fence", "code_block"}
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert all(block.startswith(("<details>\n<summary>", "</details>")) for block in blocks)
    assert {token.content for token in inline(tokens) if token.type == "html_inline"} <= OUR_TAGS
    assert page.count("<details>") == page.count("</details>") == blocks.count("</details>\n")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert sum(token.type == "tr_open" for token in tokens) == sum("---" not in row for row in rows)


@pytest.mark.parametrize("label", [label for label in HOSTILE if "@" in label or "http" in label])
def test_no_mention_and_no_address_is_left_for_github_to_link(label: str) -> None:
    markup = quote(printable(label, MAX_WORD)).removeprefix("<code>").removesuffix("</code>")
    assert not set("@:/.#") & set(markup.replace("&#", ""))
    assert "@\u200b" in html.unescape(markup) or "@" not in label


@pytest.mark.parametrize("num_classes", [1, 30, 1000])
@pytest.mark.parametrize("label", ["cat", "|" * 5000])
def test_a_page_is_never_too_long_for_a_comment_and_tells_what_it_leaves_out(
    make_record: MakeRecord, num_classes: int, label: str
) -> None:
    record = hostile_record(make_record, [f"{number}{label}" for number in range(num_classes)])
    record = record.model_copy(update={"parts": NotAvailable(not_available="|" * 5000)})
    page = to_markdown(account(record))
    assert len(page) <= MAX_CHARS
    assert ("more (winnow diff --json has them all)" in page) == (
        num_classes > 20 or (len(label) > 9 and num_classes > 5)
    )
    assert f"<summary>Classes ({num_classes:,})</summary>" in page
    assert "not available" in page


def test_a_quiet_page_reads_well() -> None:
    table = Block("Classes", [], ("class", "before"), [("cat", "1")], is_folded=True)
    assert to_markdown([Block("Data", [("1 -> 2 images",)]), table]) == (
        "### Data\n\n- 1 → 2 images\n\n<details>\n<summary>Classes (1)</summary>\n\n"
        "| class | before |\n| --- | --- |\n| cat | 1 |\n\n</details>\n"
    )


def test_a_long_message_is_cut() -> None:
    assert len(quote(printable("m" * 1000, MAX_SENTENCE))) == MAX_SENTENCE + len("<code></code>")
