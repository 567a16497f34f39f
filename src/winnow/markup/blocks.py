"""What there is to say, before anybody prints it: blocks of sentences, tables, charts and commands.

Everything is made of pieces. A plain `str` is ours, and safe in every format but for the signs that a renderer knows;
`Quoted` and `Prose` are not ours, and a renderer makes them inert.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

MAX_WORD = 60
MAX_SENTENCE = 400

_ADDRESS = re.compile(r"https://([A-Za-z0-9.-]{1,100}(?::[0-9]{1,5})?)/[A-Za-z0-9._~/?=&%+-]{0,300}")
_HALF_BAR = 5
_PAD = "\u00a0"


class Quoted(str):
    """A name that a user or a library made, shown as code. Made by `word`, or by `said` where it is a message."""

    __slots__ = ()


class Prose(str):
    """A sentence that may hold such names. Made by `prose`."""

    __slots__ = ()


class Strong(str):
    """Our own words, to be seen first."""

    __slots__ = ()


class Symbol(str):
    """A decoration of ours beside words that say the same; a terminal leaves it out."""

    __slots__ = ()


class Bar(Symbol):
    """A share from -1 to 1 as a bar to the left or right of a zero."""

    __slots__ = ("share",)
    share: float

    def __new__(cls, share: float) -> Self:
        """Draw the bar: `▇▇▇│` or `│▇▇▇`, as wide whatever the share; at least one sign unless it is 0."""
        length = min(_HALF_BAR, max(round(abs(share) * _HALF_BAR), share != 0))
        filled, empty = "▇" * length, _PAD * (_HALF_BAR - length)
        halves = (empty + filled, _PAD * _HALF_BAR) if share < 0 else (_PAD * _HALF_BAR, filled + empty)
        bar = super().__new__(cls, "│".join(halves))
        bar.share = max(-1.0, min(1.0, share))
        return bar


class Link(str):
    """Words of ours that lead to an address. Made by `link`."""

    __slots__ = ("url",)
    url: str


Line = tuple[str, ...]
"""A sentence in pieces."""

Cell = str | Line
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Series:
    """A line of a chart: points (x, y), x ascending."""

    name: str
    """Ours."""
    points: list[tuple[float, float]]


@dataclass(frozen=True)
class Chart:
    """A few lines over one axis. Its words are ours, and hold letters, digits and spaces only."""

    title: str
    x_name: str
    y_name: str
    series: list[Series]


@dataclass(frozen=True)
class Block:
    """One topic; it can stand alone."""

    title: str
    lines: list[Line] = field(default_factory=list)
    """Sentences."""
    header: Line = ()
    rows: list[Row] = field(default_factory=list)
    align: str = ""
    """A letter a column: `l` or `r`; empty for all to the left."""
    symbol: str = ""
    """A decoration before the title, which says the same."""
    digest: Line = ()
    """What a reader needs who reads no further, beside the title."""
    charts: list[Chart] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    """Commands, a line each; made by `printable`."""
    inner: list["Block"] = field(default_factory=list)
    is_folded: bool = False
    is_kept: bool = False
    """Whether it stays when a page is too long."""
    max_rows: int = 100
    """Rows that a comment shows at most."""

    @property
    def column_sides(self) -> str:
        """`l` or `r` for every column."""
        return self.align or "l" * len(self.header)


def printable(text: str, max_length: int) -> str:
    """Return text without control, format and direction characters, cut to a length: it cannot act on a terminal."""
    cut = text if len(text) <= max_length else text[: max_length - 1] + "…"
    return "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in cut)


def word(text: str) -> Quoted:
    """Return a name that is not ours, short and printable."""
    return Quoted(printable(text, MAX_WORD))


def said(text: str) -> Quoted:
    """Return a message that is not ours, to be shown as it is."""
    return Quoted(printable(text, MAX_SENTENCE))


def prose(text: str) -> Prose:
    """Return a sentence that may hold text that is not ours."""
    return Prose(printable(text, MAX_SENTENCE))


def link(text: str, url: str) -> str:
    """Return a link that names its host, or the address quoted where it is no plain `https` one."""
    found = _ADDRESS.fullmatch(url)
    if not found:
        return said(url)
    made = Link(f"{text} ({found[1]})")
    made.url = url
    return made


def pieces(cell: Cell) -> Line:
    """Return a cell as a sentence."""
    return (cell,) if isinstance(cell, str) else cell


def names(words: Iterable[str], max_names: int) -> Line:
    """Return names in a row, and how many more there are."""
    listed = list(words)
    line: list[str] = []
    for number, name in enumerate(listed[:max_names]):
        line += [", ", word(name)] if number else [word(name)]
    more = len(listed) - max_names
    return (*line, f" and {more:,} more") if more > 0 else tuple(line)
