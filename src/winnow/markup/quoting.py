"""User-made text in GitHub Markdown: shown as it is, and without any effect."""

import re
from collections.abc import Sequence

from winnow.markup.blocks import Bar, Link, Prose, Quoted, Strong

_AS_THEY_ARE = frozenset(" -")
_BREAK = "\u200b"

# Our own words hold few signs that mean something to HTML or Markdown.
_OURS = str.maketrans({"<": "&lt;", ">": "&gt;", "|": "&#124;", "*": "&#42;", "`": "&#96;", "~": "&#126;"})

_INTERVAL = re.compile(r"\[([^\s,\]]+), ([^\s,\]]+)\]")
_TOKEN = re.compile(r"`[^`]+`|[^\s`]+|`|\s+")
# What a sentence holds as it is: no address, mention, number of an issue, commit or emoji.
_PLAIN = re.compile(
    r"""[(\[]?
        (?: [^\W\d_]+ (?:['\u2019-][^\W\d_]+)*           # a word
          | [-+±]? \d{1,6} (?:[.,]\d{1,6})* %?      # a number
        ) [)\]]? [,.;:!?]? [)\]]?
      | [%=<>+±→\u2013-] | <= | >= | -> | \+- | [,.;:)]""",
    re.VERBOSE,
)
_COMMIT = re.compile(r"(?<![^\W_])[0-9a-fA-F]{7,}(?![^\W_])")


def quote(text: str) -> str:
    """Return user-made text as inert inline code.

    Every ASCII character that could mean something to Markdown or HTML becomes a numeric reference, which is never
    syntax; inside `<code>` GitHub links no @mention, #issue or commit. The break behind an `@` keeps addresses from
    being linked; nobody sees it.
    """
    return f"<code>{''.join(map(_inert, text))}</code>"


def plain(text: str) -> str:
    """Return a sentence: words and numbers stand as they are, whatever else it holds is quoted."""
    return "".join(quote(run) if is_code else _sentence(run) for run, is_code in runs(text))


def runs(text: str) -> list[tuple[str, bool]]:
    """Return a sentence in runs, and whether each is to be shown as code: what is no plain word, or in backticks."""
    found: list[tuple[str, bool]] = []
    space = ""
    for token in _TOKEN.findall(text.strip()):
        if token.isspace():
            space = " "
            continue
        is_code = not _PLAIN.fullmatch(token) or bool(_COMMIT.search(token))
        written = token.strip("`") or token
        if found and found[-1][1] == is_code:
            found[-1] = (found[-1][0] + space + written, is_code)
        else:
            # A space between runs belongs to the one that is no code.
            if space and is_code:
                found[-1] = (found[-1][0] + space, False)
            found.append((written if is_code else space + written, is_code))
        space = ""
    return found


def inline(line: Sequence[str]) -> str:
    """Return the pieces of a sentence as Markdown."""
    return "".join(map(_piece, line))


def own(text: str) -> str:
    """Return our own words: arrows drawn, intervals unbroken, the few signs that they hold made inert."""
    return _INTERVAL.sub("[\\1,\u00a0\\2]", text.replace("->", "\u2192")).translate(_OURS)


def _piece(piece: str) -> str:
    match piece:
        case Quoted():
            return quote(piece)
        case Prose():
            return plain(piece)
        case Strong():
            return f"<b>{own(piece)}</b>"
        case Bar():
            return f"<code>{piece}</code>"
        case Link():
            return f"[{own(piece)}]({piece.url})"
    return own(piece)


def _sentence(run: str) -> str:
    """Return plain words; a lonely sign or number in front would begin a list, and is made inert."""
    first, space, others = run.partition(" ")
    if not first[:1].isalpha():
        first = "".join(char if char.isalnum() else f"&#{ord(char)};" for char in first)
    return first + space + "".join(f"&#{ord(char)};" if char in "[]<>" else char for char in others)


def _inert(char: str) -> str:
    if char.isalnum() or not char.isascii() or char in _AS_THEY_ARE:
        return char
    return f"&#{ord(char)};{_BREAK if char == '@' else ''}"
