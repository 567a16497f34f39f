"""The local gallery: one HTML page that holds its own thumbnails, by class and split."""

import base64
import html
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from PIL import Image

from winnow.reporting.page import render_page
from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

THUMBNAIL_PX = 96

_SPEC = PreprocessSpec(
    size=THUMBNAIL_PX, channels=4, fit="pad", resample="bicubic", alpha="keep", background=[255, 255, 255]
)

# What passed `add` once is decoded whatever add.max_pixels says today.
_MAX_PIXELS = 2**31

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h2 { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); margin-top: 2.5rem; }
h3, p { opacity: .75; font-weight: normal; }
.pictures { display: flex; flex-wrap: wrap; gap: .75rem; }
figure { margin: 0; width: 100px; }
img { background: repeating-conic-gradient(#8884 0 25%, transparent 0 50%) 0 / 12px 12px; height: 96px;
  image-rendering: pixelated; object-fit: contain; width: 96px; }
figcaption { font-size: 11px; opacity: .75; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
"""


@dataclass(frozen=True)
class Picture:
    """One image to show."""

    id: str
    name: str
    group: tuple[str, str]
    """Its label and its pinned split."""
    content: bytes


def render(pictures: Iterable[Picture], totals: Mapping[tuple[str, str], int]) -> str:
    """Return the page; `totals` counts the images of each label and split, shown or not. Everything is escaped."""
    figures: dict[tuple[str, str], list[str]] = defaultdict(list)
    for picture in pictures:
        figures[picture.group].append(_figure(picture))
    note = "A split is named where labels.csv pins it; the other images are dealt to splits by winnow prepare."
    body = "\n".join(_sections(figures, totals))
    return render_page(f"{sum(totals.values())} images", body, style=STYLE, note=note)


def _sections(figures: Mapping[tuple[str, str], list[str]], totals: Mapping[tuple[str, str], int]) -> Iterator[str]:
    headline = None
    for label, split in sorted(totals):
        if label != headline:
            headline = label
            yield f"<h2>{html.escape(label) or '(unlabelled)'}</h2>"
        shown, total = figures.get((label, split), []), totals[label, split]
        count = f"{total} images" if len(shown) == total else f"{len(shown)} of {total} images"
        yield f"<h3>{html.escape(split) or 'not pinned'}: {count}</h3>"
        yield f'<div class="pictures">{"".join(shown)}</div>'


def _figure(picture: Picture) -> str:
    caption = html.escape(picture.name or picture.id)
    title = html.escape(f"{picture.id} {picture.name}", quote=True)
    source = thumbnail(picture.content)
    image = f'<img src="{source}" alt="" loading="lazy">' if source else "(cannot be drawn)"
    return f'<figure title="{title}">{image}<figcaption>{caption}</figcaption></figure>\n'


def thumbnail(content: bytes) -> str:
    """Return a small picture as a data URL; empty when it cannot be drawn."""
    try:
        image = decode(content, max_pixels=_MAX_PIXELS)
    except ImageProblem:
        return ""
    spec = _SPEC.model_copy(update={"size": max(4, min(THUMBNAIL_PX, max(image.size)))})
    stream = io.BytesIO()
    Image.fromarray(preprocess(image, spec)).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
