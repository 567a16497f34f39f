import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from winnow.markup.blocks import Bar, Link, Prose, Quoted, Strong, Symbol, link, printable, prose
from winnow.markup.quoting import inline, own, plain, quote, runs

HOSTILE = [
    "a|b",
    "`code` and ``` and ~~~",
    "<img src=x onerror=alert(1)> <!-- -->",
    "</code></td><script>x</script>",
    "@octocat octocat@example.org #12 GH-1 gh-1 a/b#3",
    "![a](http://a.org/a.png) [b](javascript:c) [c]: d",
    "www.example.org https://example.org ftp://a.org",
    "**bold** _em_ ~~gone~~ $x$ :smile: \\",
    "1. a",
    "- b",
    "+ c",
    "# d",
    "> e",
    "---",
    "===",
    "1) f",
    "* g",
    "&lt;b&gt; &#60; &amp;",
    "deadbeefcafe 0123456 x-1234567 feedbee",
    "a\u202eb\x00\x1b[31m\nc",
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=60),
    st.text("ab1.,:;!?()[]|`<>&\\@*_~#/- ", max_size=40),
    st.lists(st.sampled_from(["see", "1.", "-", "@me", "#3", "a.b", "`x y`", "0.5", "(p", "=", "0.1)"])).map(" ".join),
)
# What GitHub makes a link of in text that is no code.
LINKED = re.compile(r"@\w|#\d|(?i:\bgh-\d)|(?i:https?:/|ftp:/|www\.\w)|:\w+:|(?<!\w)[0-9a-fA-F]{7,40}(?!\w)")


def shown(markup: str) -> tuple[str, str]:
    """Return what a reader sees outside of code and in all; anything but code and text fails."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(f"- {markup}\n")
    kinds = [token.type for token in tokens]
    assert kinds in (
        [
            "bullet_list_open",
            "list_item_open",
            "paragraph_open",
            "inline",
            "paragraph_close",
            "list_item_close",
            "bullet_list_close",
        ],
        ["bullet_list_open", "list_item_open", "list_item_close", "bullet_list_close"],
    ), kinds
    outside, whole, depth = "", "", 0
    for token in [child for each in tokens for child in each.children or []]:
        if token.type == "html_inline":
            assert token.content in ("<code>", "</code>")
            depth += 1 if token.content == "<code>" else -1
            outside += "\0"
            continue
        assert token.type == "text", token
        whole += token.content
        outside += "" if depth else token.content
    assert depth == 0
    return outside, whole


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_a_sentence_is_shown_as_it_is_and_nothing_in_it_acts(text: str) -> None:
    sentence = printable(text, 400)
    outside, whole = shown(plain(sentence))
    assert not LINKED.search(outside), outside
    # A reference is never syntax: what is left must hold no sign that is.
    assert not set("|`<\\*_~#@$&") & set(re.sub(r"&(?:#\d+|lt|gt);", "", outside))
    seen = "".join(whole.replace("\u200b", "").split())
    assert seen.replace("`", "") == "".join(sentence.split()).replace("`", "")


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_a_name_is_code_without_a_sign_that_means_something(text: str) -> None:
    name = printable(text, 60)
    inner = quote(name).removeprefix("<code>").removesuffix("</code>")
    assert re.fullmatch(r"(?:[^\W_]|[ -]|[^\x00-\x7f]|&#\d+;)*", inner)
    assert html.unescape(inner).replace("\u200b", "") == name


def test_plain_words_stay_and_everything_else_is_code() -> None:
    assert plain("the head is worse, by 2.3 points (p = 0.01).") == "the head is worse, by 2.3 points (p = 0.01)."
    assert plain("see `winnow noise` first") == "see <code>winnow noise</code> first"
    assert plain("ask @me or a.b now") == ("ask <code>&#64;\u200bme</code> or <code>a&#46;b</code> now")
    assert plain("") == ""


def test_runs_of_code_are_joined_and_spaces_stay_between() -> None:
    assert runs("a x/y z/w b") == [("a ", False), ("x/y z/w", True), (" b", False)]


@pytest.mark.parametrize("text", ["1. a", "- b", "1) c", "12. d", "+1 e"])
def test_no_sentence_begins_a_list(text: str) -> None:
    assert shown(plain(text))[1] == text


def test_every_kind_of_piece_has_its_form() -> None:
    found = link("report", "https://a.org/b_c")
    assert isinstance(found, Link)
    line = (
        "a -> b, [+1, +2] ",
        Quoted("x|y"),
        " ",
        Strong("no"),
        Symbol(" ✅ "),
        Bar(1),
        " ",
        found,
        " ",
        prose("a b"),
    )
    assert inline(line) == (
        "a → b, [+1,\u00a0+2] <code>x&#124;y</code> <b>no</b> ✅ "
        "<code>\u00a0\u00a0\u00a0\u00a0\u00a0│▇▇▇▇▇</code> [report (a.org)](https://a.org/b_c) a b"
    )
    assert isinstance(prose("x"), Prose)


def test_our_own_words_may_hold_signs() -> None:
    assert own("p < 0.0001 | *") == "p &lt; 0.0001 &#124; &#42;"
