import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sample_verdicts import better, first, metrics_only, worse

from winnow.markup.html import to_html
from winnow.markup.markdown import MAX_CHARS, to_markdown
from winnow.markup.text import to_text
from winnow.records import NotAvailable
from winnow.verdict.account.blocks import REST, account
from winnow.verdict.record.evidence import Classes, Estimate, ShareChange
from winnow.verdict.record.verdict import Verdict

HOSTILE = [
    "a|b",
    "`code` ``` ~~~",
    "</code></td></details><script>x</script><img src=x onerror=y>",
    "line\nbreak\r\n\n# heading\n- list\n```\n| a | b |",
    "@octocat #12 GH-1 a/b#3 octocat@example.org",
    "![a](http://a.org/a.png) [b](javascript:c) <http://a.org>",
    "www.example.org https://example.org",
    "**bold** _em_ ~~gone~~ $x$ :smile: \\",
    "\u202egnp.exe\x00\x1b[31m\u2066",
    '"] --> click',
    "1. a",
    "",
]
OUR_TAGS = {"<details>", "</details>", "<code>", "</code>", "<b>", "</b>"}
# Fields that hold words of ours; everything else may hold anything.
CLOSED = {"call", "direction", "disclose", "source", "level", "result", "commit", "state", "status", "series", "split"}
CLOSED |= {"merge_base", "severity", "examples", "torn", "pairs", "id", "schema", "task", "key"}
OUR_ELEMENTS = {
    "section", "details", "summary", "h2", "h3", "h4", "span", "p", "div", "table", "thead", "tbody", "tr", "th", "td",
    "code", "pre", "strong", "a", "figure", "figcaption", "svg", "title", "desc", "line", "text", "polyline",
    "ul", "li",
}  # fmt: skip
LINKED = re.compile(r"@\w|#\d|(?i:\bgh-\d)|(?i:https?:/|www\.\w)|:\w+:")
TITLES = [
    "better", "Gates", "Metrics", "Both models on the same images", "Classes", "Subgroups", "Confusions",
    "Fixed and broken images", "Data", "Params, stages and code", "Learning curves", "Calibration", "Cost",
    "Provenance",
]  # fmt: skip


def spoiled(value: Any, text: str, key: str = "") -> Any:
    """Return plain data with this text wherever a verdict has free text."""
    if isinstance(value, dict):
        free = key in ("versions", "seeds", "changed")
        return {text if free else name: spoiled(inner, text, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [spoiled(inner, text, key) for inner in value]
    return text if isinstance(value, str) and key not in CLOSED else value


def hostile(verdict: Verdict, text: str) -> Verdict:
    content = spoiled(verdict.as_dict(), text)
    content["project"] = text[:200]
    content["cost"]["amounts"] = verdict.as_dict()["cost"]["amounts"]
    for flip in content["flips"]["fixed"]:
        flip["id"] = text[:200] or "x"
    for change in content["changes"]["params"]:
        change["key"] = text
    return Verdict.from_dict(content, "a test")


def many_classes(count: int, name: str) -> Classes:
    changes = [
        ShareChange(
            name=f"{number}{name}", support=50, num_groups=9, base=0.5, head=0.4, fixed=1, broken=6, p=0.1, p_holm=1,
            difference=Estimate(value=-0.1, low=-0.2, high=0.1), is_significant=False,
        )
        for number in range(count)
    ]  # fmt: skip
    return Classes(changes=changes, added=[name] * count, removed=[name] * count, untested=0)


def check_page(page: str) -> None:
    """Fail on any element, link or table row that is not ours."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(page)
    inner = [child for token in tokens for child in token.children or []]
    assert not {token.type for token in [*tokens, *inner]} & {"image", "em_open", "strong_open", "s_open", "code_block"}
    assert {token.attrs["href"] for token in inner if token.type == "link_open"} <= {
        "https://ci.example.org/runs/17/report.html"
    }
    assert {token.content for token in inner if token.type == "html_inline"} <= OUR_TAGS
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert all(re.match(r"<details>\n<summary>[^\n]*</summary>\n$|</details>\n$", block) for block in blocks)
    rest = re.sub(r"^(```+)\w+\n.*?^\1$", "", page, flags=re.DOTALL | re.MULTILINE)
    assert rest.count("<details>") == rest.count("</details>") == blocks.count("</details>\n")
    rows = [line for line in rest.splitlines() if line.startswith("|")]
    assert sum(token.type == "tr_open" for token in tokens) == sum(not set(row) <= set("|-: ") for row in rows)
    assert {token.info for token in tokens if token.type == "fence"} <= {"mermaid", "sh"}
    assert page.isprintable() or set(page) - {"\n", "\u200b", "\u00a0"} == {char for char in page if char.isprintable()}
    outside = re.sub(r"<code>.*?</code>", "", rest).replace("https://ci.example.org/runs/17/report.html", "")
    assert not LINKED.search(outside.replace("&#", "")), LINKED.search(outside)


def test_the_blocks_are_in_the_order_in_which_a_reviewer_needs_them() -> None:
    assert [block.title for block in account(better())] == TITLES


def test_what_is_not_available_is_named_with_the_reason_before_the_last_block() -> None:
    *_, left_out, provenance = account(metrics_only())
    assert (left_out.title, provenance.title) == ("Left out", "Provenance")
    assert ["".join(line) for line in left_out.lines] == [
        (
            "both models on the same images, classes, confusions, fixed and broken images, test set, calibration: "
            "the base stores metrics only, no predictions"
        ),
        "learning curves: the remote cannot be read",
    ]


@pytest.mark.parametrize(
    "part",
    ["paired", "classes", "confusions", "flips", "test_set", "calibration", "data", "changes", "curves", "cost"],
)
def test_each_block_can_be_left_out(part: str) -> None:
    verdict = better(**{part: NotAvailable(not_available="a reason")})
    blocks = account(verdict)
    page = to_markdown(blocks, rest=REST)
    # Data and test set share a block.
    assert len(blocks) == len(TITLES) + (part in ("data", "test_set"))
    assert ": a reason\n" in page
    check_page(page)


def test_empty_parts_are_not_shown() -> None:
    blocks = account(better(gates=[], metrics=[], subgroups=[], curves=[]))
    assert not {"Gates", "Metrics", "Subgroups", "Learning curves"} & {block.title for block in blocks}


def test_a_project_that_discloses_aggregates_shows_no_image() -> None:
    page = to_markdown(account(better(disclose="aggregate")))
    assert "fixed and broken images: the project discloses aggregates only" in page
    assert better().flips.fixed[0].id not in page


@pytest.mark.parametrize("verdict", [better(), worse(), metrics_only(), first()], ids=["b", "w", "m", "f"])
def test_a_comment_is_whole_and_fits(verdict: Verdict) -> None:
    page = to_markdown(account(verdict), rest=REST)
    assert len(page) < 30_000
    check_page(page)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60), st.text("|`<>&\\@[]()!*_~#\n.:/-", max_size=40)))
def test_whatever_text_a_verdict_holds_it_does_nothing(text: str) -> None:
    blocks = account(hostile(better(), text))
    check_page(to_markdown(blocks, rest=REST))
    page = to_html(blocks)
    assert set(re.findall(r"<([^\s>]*)", page)) <= {*OUR_ELEMENTS, *(f"/{name}" for name in OUR_ELEMENTS)}
    assert all(line.isprintable() for line in to_text(blocks))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_that_is_known_does_nothing(text: str) -> None:
    check_page(to_markdown(account(hostile(worse(), text)), rest=REST))


@pytest.mark.parametrize("max_chars", [4_000, 20_000, MAX_CHARS])
def test_a_thousand_classes_with_long_hostile_names_fit_and_stay_whole(max_chars: int) -> None:
    name = "|`<@a>[b](c)" * 17
    verdict = hostile(worse(), name).model_copy(update={"classes": many_classes(1000, name)})
    page = to_markdown(account(verdict), max_chars=max_chars, rest=REST)
    assert len(page) <= max_chars
    check_page(page)
    assert page.startswith("### ❌ worse")


def test_a_thousand_classes_stay_readable() -> None:
    page = to_markdown(account(worse(classes=many_classes(1000, "species"))), rest=REST)
    assert "<summary>The others (990)</summary>" in page
    assert "and 890 more (reports/verdict.json has them all)" in page
    assert "winnow report --base" in page
    assert len(page) < MAX_CHARS


def test_the_commands_to_reproduce_outlive_the_tables() -> None:
    page = to_markdown(account(worse(classes=many_classes(1000, "species"))), max_chars=8_000, rest=REST)
    assert "winnow report --base" in page
    assert "Left out, because a comment has a limit: " in page
    assert len(page) <= 8_000
