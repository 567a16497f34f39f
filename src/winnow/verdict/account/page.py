"""The whole verdict as one local page: the comment's blocks, and a contact sheet of fixed and broken images."""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from winnow.markup.blocks import Block, printable
from winnow.markup.html import inline_html, render_frame, symbol_html, to_html
from winnow.markup.style import STYLE
from winnow.reporting.gallery import thumbnail
from winnow.verdict.account.blocks import REST, account
from winnow.verdict.account.images import FLIPS
from winnow.verdict.account.interval_figure import interval_figure
from winnow.verdict.account.outcome import SYMBOLS
from winnow.verdict.account.words import difference_parts, has_points, metric_name, p_value, pair_text
from winnow.verdict.record.evidence import Flip, Flips, Outcome
from winnow.verdict.record.verdict import Verdict

_MAX_PICTURES = 48
_MAX_NAME = 100
_STYLE = f"""{STYLE}
.banner {{ --call: var(--muted); border-top: 6px solid var(--call) !important; }}
.banner.better {{ --call: var(--good); }}
.banner.worse {{ --call: var(--bad); }}
.banner.equivalent {{ --call: var(--same); }}
.banner.inconclusive {{ --call: var(--open); }}
.banner h1 {{ color: var(--call); font-size: clamp(2rem, 7vw, 2.9rem); letter-spacing: -.02em; margin: .15rem 0 0; }}
.banner h1 .mark {{ color: inherit; }}
.project {{ color: var(--muted); font-size: .9rem; margin: 0; }}
.facts {{ display: grid; gap: .9rem 1.5rem; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr));
  margin: 1.2rem 0 0; }}
.facts div {{ border-left: 3px solid var(--line); padding-left: .8rem; }}
.facts dt {{ color: var(--muted); font-size: .82rem; }}
.facts dd {{ font-size: clamp(1rem, 4.2vw, 1.25rem); font-variant-numeric: tabular-nums; font-weight: 650; margin: 0; }}
.facts small {{ color: var(--muted); display: block; font-size: .85rem; font-weight: 400; }}
.interval {{ display: block; height: auto; margin: 1.1rem auto 0; max-width: 34rem; width: 100%; }}
.margin {{ fill: var(--soft); }}
.axis {{ stroke: var(--line); }}
.zero {{ stroke: var(--muted); stroke-dasharray: 3 3; }}
.range {{ stroke: var(--call); stroke-linecap: round; stroke-width: 5; }}
.point {{ fill: var(--card); stroke: var(--call); stroke-width: 4; }}
.aside {{ color: var(--muted); font-size: .85rem; margin: 0; text-align: center; }}
.banner ul {{ margin: 1.1rem 0 0; padding-left: 1.2rem; }}
.banner li {{ margin: .2rem 0; }}
.pictures {{ display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
  margin-top: .8rem; }}
.pictures figure {{ background: var(--soft); border-radius: 8px; margin: 0; min-width: 0; overflow: hidden;
  padding: .5rem; }}
.pictures img, .absent {{ aspect-ratio: 1; display: block; image-rendering: pixelated; object-fit: contain;
  width: 100%; }}
.absent {{ align-content: center; border: 1px dashed var(--line); color: var(--muted); font-size: .75rem;
  text-align: center; }}
.pictures figcaption {{ font-size: .78rem; line-height: 1.35; margin-top: .4rem; text-align: left; }}
.pictures figcaption b {{ color: var(--text); display: block; font-weight: 600; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }}
"""


@dataclass(frozen=True)
class FlipPicture:
    """A test image by its name, as bytes that were encoded once."""

    name: str
    content: bytes


def render_verdict(verdict: Verdict, pictures: Mapping[str, FlipPicture]) -> str:
    """Return a page that needs no network; `pictures` holds images by id, as far as they may be shown."""
    first, *blocks = account(verdict)
    body = [_banner(verdict, first)]
    for block in blocks:
        if block.title == FLIPS and isinstance(verdict.flips, Flips):
            body.append(_sheet(verdict.flips, pictures))
        body.append(to_html([block], rest=REST))
    return render_frame(f"{_plain(verdict.project)}: {verdict.outcome.call}", "\n".join(body), style=_STYLE)


def _banner(verdict: Verdict, block: Block) -> str:
    outcome = verdict.outcome
    facts = "".join(
        f"<div><dt>{term}</dt><dd>{value}<small>{aside}</small></dd></div>" for term, value, aside in _facts(outcome)
    )
    figure = interval_figure(outcome)
    level = f"{verdict.confidence:.0%}".replace("%", " %")
    caption = (
        f'<p class="aside">head minus base, interval of {level}; the grey band is the margin</p>' if figure else ""
    )
    lines = "".join(f"<li>{inline_html(line)}</li>" for line in block.lines)
    kind = outcome.call.replace(" ", "-")
    return (
        f'<header class="banner {kind}"><p class="project">{html.escape(_plain(verdict.project))}: the verdict</p>'
        f"<h1>{symbol_html(SYMBOLS[outcome.call])}{outcome.call}</h1>"
        f'<dl class="facts">{facts}</dl>{figure}{caption}<ul>{lines}</ul></header>'
    )


def _facts(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    """Yield term, value and an aside; all of it is HTML."""
    higher = f"{outcome.direction} is better"
    yield inline_html([metric_name(outcome.metric)]), inline_html([pair_text(outcome.base, outcome.head)]), higher
    if outcome.difference is not None:
        in_points = has_points(outcome.metric)
        value, interval = difference_parts(outcome.difference, in_points=in_points)
        yield "difference", f"{value}{' points' if in_points else ''}", interval
    if outcome.p is not None:
        yield "p", html.escape(p_value(outcome.p)), f"alpha {outcome.alpha:g}"
    if outcome.num_images:
        groups = "" if outcome.num_groups is None else f"in {outcome.num_groups:,} groups"
        yield "test images", f"{outcome.num_images:,}", groups


def _sheet(flips: Flips, pictures: Mapping[str, FlipPicture]) -> str:
    """Return the images that can be shown, broken ones first; nothing when there is none."""
    parts = [
        _pictures(title, listed, pictures)
        for title, listed in (("Broken", flips.broken), ("Fixed", flips.fixed))
        if any(flip.id in pictures for flip in listed)
    ]
    return f"<section><h2>Contact sheet</h2>{''.join(parts)}</section>" if parts else ""


def _pictures(title: str, flips: Sequence[Flip], pictures: Mapping[str, FlipPicture]) -> str:
    shown = [flip for flip in flips if flip.id in pictures][:_MAX_PICTURES]
    count = f"{len(shown):,} of {len(flips):,}" if len(shown) < len(flips) else f"{len(flips):,}"
    figures = "".join(_figure(flip, pictures[flip.id]) for flip in shown)
    return (
        f'<section><h3>{title}<span class="digest">{count}</span></h3><div class="pictures">{figures}</div></section>'
    )


def _figure(flip: Flip, picture: FlipPicture) -> str:
    name, label, base, head = (
        html.escape(_plain(text)) for text in (picture.name or flip.id, flip.label, flip.base, flip.head)
    )
    source = thumbnail(picture.content)
    image = f'<img src="{source}" alt="" loading="lazy">' if source else '<div class="absent">cannot be drawn</div>'
    title = html.escape(_plain(f"{flip.id} {picture.name}"))
    words = f"is {label}<br>base: {base} ({flip.base_confidence:.2f})<br>head: {head} ({flip.head_confidence:.2f})"
    return f'<figure title="{title}">{image}<figcaption><b>{name}</b>{words}</figcaption></figure>'


def _plain(text: str) -> str:
    return printable(text, _MAX_NAME)
