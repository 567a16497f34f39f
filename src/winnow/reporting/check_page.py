"""The local page of `winnow check`: what the checks found, with the pictures that show it, side by side for pairs."""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from winnow.reporting.gallery import STYLE, thumbnail
from winnow.reporting.page import render_page

_STYLE = f"""{STYLE}
h2 {{ font-size: 1.2rem; }}
.error, .warning, .info {{ border-radius: 3px; font-size: 12px; padding: .1rem .4rem; }}
.error {{ background: #c0392b; color: #fff; }}
.warning {{ background: #f0b429; color: #000; }}
.info {{ background: #8884; }}
.example {{ border: 1px solid #8884; border-radius: 4px; padding: .5rem; }}
.together {{ display: flex; flex-wrap: wrap; gap: .5rem; }}
.note {{ font-size: 12px; margin: .3rem 0 0; max-width: 26rem; }}
.absent {{ align-items: center; border: 1px dashed; display: flex; font-size: 11px; height: 94px; opacity: .5;
  text-align: center; width: 94px; }}
"""


@dataclass(frozen=True)
class CheckedPicture:
    """One image to show."""

    id: str
    label: str
    content: bytes | None
    """None where its part is not on this disk."""


@dataclass(frozen=True)
class ShownExample:
    """Images that belong side by side."""

    pictures: Sequence[CheckedPicture]
    note: str


@dataclass(frozen=True)
class ShownFinding:
    """What a check found."""

    id: str
    severity: str
    message: str
    hint: str
    examples: Sequence[ShownExample]


def render_findings(title: str, findings: Iterable[ShownFinding], not_run: Mapping[str, str]) -> str:
    """Return the page; `not_run` names checks and why they were not run. Everything is escaped."""
    body = "\n".join(map(_finding, findings)) or "<p>Every check that was run passed.</p>"
    missing = "".join(f"<li>{html.escape(ids)}: {html.escape(why)}</li>" for ids, why in not_run.items())
    return render_page(title, body + (f"\n<h2>Not run</h2><ul>{missing}</ul>" if missing else ""), style=_STYLE)


def _finding(finding: ShownFinding) -> str:
    severity = html.escape(finding.severity, quote=True)
    heading = f'{html.escape(finding.id)} <span class="{severity}">{severity}</span> {html.escape(finding.message)}'
    examples = "".join(map(_example, finding.examples))
    return f'<h2>{heading}</h2>\n<p>{html.escape(finding.hint)}</p>\n<div class="pictures">{examples}</div>'


def _example(example: ShownExample) -> str:
    figures = "".join(map(_figure, example.pictures))
    note = f'<p class="note">{html.escape(example.note)}</p>' if example.note else ""
    return f'<div class="example"><div class="together">{figures}</div>{note}</div>\n'


def _figure(picture: CheckedPicture) -> str:
    if picture.content is None:
        image = '<div class="absent">not on this disk: dvc pull</div>'
    else:
        source = thumbnail(picture.content)
        image = f'<img src="{source}" alt="" loading="lazy">' if source else "(cannot be drawn)"
    title = html.escape(f"{picture.id} {picture.label}", quote=True)
    return f'<figure title="{title}">{image}<figcaption>{html.escape(picture.label)}</figcaption></figure>'
