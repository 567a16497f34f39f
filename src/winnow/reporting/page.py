"""The frame of a local page: it holds its own pictures and needs no network."""

import html

from winnow.markup.html import render_frame


def render_page(title: str, body: str, *, style: str, note: str = "") -> str:
    """Return an HTML page. `title` and `note` are escaped; `body` is HTML in which everything user-made already is."""
    words = f"This page is for this disk only: Git ignores it, and it needs no network. {html.escape(note)}"
    return render_frame(title, f"<h1>{html.escape(title)}</h1>\n<p>{words}</p>\n{body}", style=style)
