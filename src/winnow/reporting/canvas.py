"""One look for all pictures, drawn offline, the same bytes each time."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from winnow.files import replacing

# From Okabe & Ito, "Color Universal Design" (2008): told apart with every kind of colour vision.
BLUE = "#0072B2"
ORANGE = "#D55E00"
INK = "#333333"
GRAY = "#8A8F94"
PALE = "#E6E9EC"

# The first step is steep: whatever is not zero can be seen.
BLUES = LinearSegmentedColormap.from_list("right", [(0, "#FFFFFF"), (0.1, "#D6E8F4"), (0.5, "#5FA3D0"), (1, BLUE)])
ORANGES = LinearSegmentedColormap.from_list("wrong", [(0, "#FFFFFF"), (0.1, "#FBE0CB"), (0.5, "#EE9B5F"), (1, ORANGE)])

_DPI = 144
_MAX_NAME = 24
_STYLE: Any = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: every machine draws the same letters
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,  # a class may be called `a$b`
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelcolor": INK,
    "axes.edgecolor": GRAY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "xtick.color": GRAY,
    "ytick.color": GRAY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "figure.constrained_layout.use": True,
    "savefig.dpi": _DPI,
}


@contextmanager
def canvas(path: Path, *, width: float, height: float) -> Iterator[Figure]:
    """Yield a figure of `width` x `height` inches in winnow's style; at the end write it to `path` as PNG.

    Without pyplot: no window, no global figure, safe in any thread.
    """
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # A script that the font lacks is drawn as boxes, which is no reason to stop.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        yield figure
        with replacing(path) as temporary:
            # Without the version of matplotlib, which is noise in a hash.
            figure.savefig(temporary, format="png", metadata={"Software": None})


def short(name: str) -> str:
    """Return `name`, cut where it would push the picture aside."""
    return name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…"


def without_frame(axes: Axes) -> None:
    """Take away lines around and behind `axes`."""
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
