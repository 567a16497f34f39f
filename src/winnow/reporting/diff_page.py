"""The local page of `winnow diff`: what changed, with the pictures of the images that came, went or were relabelled."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from winnow.markup.blocks import Block
from winnow.markup.html import to_html
from winnow.reporting.gallery import STYLE, thumbnail
from winnow.reporting.page import render_page

_STYLE = f"""{STYLE}
table {{ border-collapse: collapse; }}
td, th {{ border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); padding: .2rem .8rem .2rem 0;
  text-align: left; }}
tbody th {{ font-weight: normal; }}
.absent {{ align-items: center; border: 1px dashed; display: flex; font-size: 11px; height: 94px; opacity: .5;
  text-align: center; width: 94px; }}
"""


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


def render_diff(title: str, topics: Sequence[Block], pictures: Sequence[Pictures]) -> str:
    """Return the page: it holds its pictures itself and needs no network."""
    open_topics = [replace(topic, is_folded=False) for topic in topics]
    return render_page(title, "\n".join([to_html(open_topics), *map(_pictures, pictures)]), style=_STYLE)


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
