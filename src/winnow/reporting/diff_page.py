"""The local page of `winnow diff`: what changed, with the pictures of the images that came, went or were relabelled."""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from winnow.reporting.gallery import STYLE, thumbnail
from winnow.reporting.page import render_page

_STYLE = f"""{STYLE}
table {{ border-collapse: collapse; }}
td, th {{ border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); padding: .2rem .8rem .2rem 0;
  text-align: left; }}
.absent {{ align-items: center; border: 1px dashed; display: flex; font-size: 11px; height: 94px; opacity: .5;
  text-align: center; width: 94px; }}
"""
_MAX_ROWS = 500


class Topic(Protocol):
    """Sentences in pieces, and a table. Everything in them is escaped."""

    @property
    def title(self) -> str:
        """The heading."""

    @property
    def lines(self) -> Sequence[Sequence[str]]:
        """Sentences."""

    @property
    def header(self) -> Sequence[str]:
        """Names of the columns."""

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """The table."""


@dataclass(frozen=True)
class ChangedPicture:
    """One image to show."""

    id: str
    name: str
    change: str
    """What happened to its label."""
    content: bytes | None
    """None where its part is not on this disk."""


@dataclass(frozen=True)
class Pictures:
    """Images with one fate."""

    title: str
    count: int
    """All of them, shown or not."""
    shown: Iterable[ChangedPicture]


def render_diff(title: str, topics: Sequence[Topic], pictures: Sequence[Pictures]) -> str:
    """Return the page: it holds its pictures itself and needs no network."""
    body = "\n".join([*(part for topic in topics for part in _topic(topic)), *map(_pictures, pictures)])
    return render_page(title, body, style=_STYLE)


def _topic(topic: Topic) -> Iterator[str]:
    yield f"<h2>{html.escape(topic.title)}</h2>"
    yield from (f"<p>{html.escape(''.join(line))}</p>" for line in topic.lines)
    if not topic.rows:
        return
    yield f"<table><thead>{_row(topic.header, 'th')}</thead><tbody>"
    yield from (_row(row, "td") for row in topic.rows[:_MAX_ROWS])
    yield "</tbody></table>"
    if len(topic.rows) > _MAX_ROWS:
        yield f"<p>and {len(topic.rows) - _MAX_ROWS} more</p>"


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _pictures(pictures: Pictures) -> str:
    figures = [_figure(picture) for picture in pictures.shown]
    count = f"{len(figures)} of {pictures.count} images" if len(figures) < pictures.count else f"{len(figures)} images"
    heading = f"<h2>{html.escape(pictures.title)}</h2>\n<h3>{count}</h3>"
    return f'{heading}\n<div class="pictures">{"".join(figures)}</div>'


def _figure(picture: ChangedPicture) -> str:
    title = html.escape(f"{picture.id} {picture.name}", quote=True)
    if picture.content is None:
        image = '<div class="absent">not on this disk: dvc pull</div>'
    else:
        source = thumbnail(picture.content)
        image = f'<img src="{source}" alt="" loading="lazy">' if source else "(cannot be drawn)"
    caption = html.escape(picture.name or picture.id)
    change = html.escape(picture.change)
    return f'<figure title="{title}">{image}<figcaption>{caption}<br>{change}</figcaption></figure>\n'
