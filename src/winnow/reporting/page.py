"""The frame of a local page: it holds its own pictures and needs no network."""

import html


def render_page(title: str, body: str, *, style: str, note: str = "") -> str:
    """Return an HTML page. `title` and `note` are escaped; `body` is HTML in which everything user-made already is."""
    heading = html.escape(title)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{heading}</title>
<style>{style}</style>
</head>
<body>
<h1>{heading}</h1>
<p>This page is for this disk only: Git ignores it, and it needs no network. {html.escape(note)}</p>
{body}
</body>
</html>
"""
