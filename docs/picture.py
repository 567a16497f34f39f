"""Draws docs/images/summary.svg: what `winnow show` prints for the shipped project.

`python docs/picture.py` after `dvc repro`. Not one of the generated pages: it shows a run, not the code.
"""

import re
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from winnow.commands.show import show
from winnow.files import write_text
from winnow.project import Project
from winnow.reporting.summary import render_summary

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "summary.svg"
WIDTH = 88


def main() -> None:
    """Write the picture."""
    page = render_summary(show(Project(ROOT)).facts, width=WIDTH, with_color=True)
    console = Console(record=True, width=WIDTH, file=StringIO())
    console.print(Text.from_ansi(page))
    svg = console.export_svg(title="winnow show", unique_id="summary")
    # Rich asks a font server for its font; a page about not phoning home does without.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    write_text(PICTURE, svg)


if __name__ == "__main__":
    main()
