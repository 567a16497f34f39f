"""Draws docs/images/comment-{light,dark}.png: the comment on a pull request, from the verdict that the demo ends with.

`python docs/comment_picture.py` after `inv demo`, with a Chromium on the path. The text is what `winnow pr post` posts;
what was trained and stored is made up; the style is like GitHub's.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt
from PIL import Image

from winnow.files import read_json
from winnow.github.runs import Run
from winnow.markup.markdown import to_markdown
from winnow.pull_request.handed.gathering import Gathered, Handed, Seen
from winnow.pull_request.handed.handover import PipelineResult
from winnow.pull_request.record import PipelineRun, Step, Store
from winnow.pull_request.telling.page import page_of
from winnow.pull_request.telling.standing import ROOT as AT_ROOT
from winnow.pull_request.telling.standing import Standing
from winnow.verdict.record.verdict import Verdict

ROOT = Path(__file__).parents[1]
VERDICT = ROOT / ".winnow" / "demo" / "reports" / "verdict.json"
SIZE_PX = (1000, 1180)
COLOURS = {"light": ("#ffffff", "#1f2328", "#d1d9e0", "#f6f8fa"), "dark": ("#0d1117", "#f0f6fc", "#3d444d", "#151b23")}
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: {paper}; color: {ink}; font: 14px/1.5 -apple-system, "Segoe UI", sans-serif }}
article {{ margin: 16px; border: 1px solid {line}; border-radius: 6px }}
header {{ padding: 8px 16px; background: {shade}; border-bottom: 1px solid {line} }}
main {{ padding: 4px 16px }} table {{ border-collapse: collapse }} summary {{ margin: 6px 0 }}
td, th {{ border: 1px solid {line}; padding: 4px 12px }}
code {{ background: {shade}; padding: 2px 5px; border-radius: 5px }}
pre {{ background: {shade}; padding: 12px; border-radius: 6px }} a {{ color: #4493f8 }} h4 {{ margin: 18px 0 8px }}
</style><article><header><b>github-actions</b> bot commented</header><main>{comment}</main></article>"""


def main() -> int:
    """Draw both pictures; return 1 where something for that is missing."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None or not VERDICT.is_file():
        print("expected a Chromium on the path and the demo's verdict (python tasks.py demo)", file=sys.stderr)
        return 1
    verdict = Verdict.from_dict(read_json(VERDICT, hint="python tasks.py demo"), VERDICT.name)
    comment = MarkdownIt("commonmark", {"html": True}).enable("table").render(to_markdown(page_of(standing(verdict))))
    for scheme, (paper, ink, line, shade) in COLOURS.items():
        page = PAGE.format(paper=paper, ink=ink, line=line, shade=shade, comment=comment)
        draw(browser, page, ROOT / "docs" / "images" / f"comment-{scheme}.png")
    return 0


def standing(verdict: Verdict) -> Standing:
    """Return a project whose run has just trained what the verdict judges."""
    commit = "5eed" * 10
    path = ".github/workflows/pipeline.yaml"
    address = "https://github.com/OWNER/NAME/actions/runs/1"
    run = Run(
        1, "pipeline", path, "pull_request", commit, "topic", 1, "OWNER/NAME", "completed", "success", address, 1, None
    )
    told = PipelineRun(
        folder=AT_ROOT,
        commit=commit,
        base=verdict.provenance.merge_base,
        steps=[Step(name="dvc repro", seconds=14.2), Step(name="verdict", seconds=3.1)],
        state="rebuilt",
        reason="",
        stages=["prepare", "train", "evaluate"],
        is_lock_current=False,
        smoke=None,
        store=Store(remote="readable", num_objects=9, num_bytes=1_240_000),
    )
    verdict = verdict.model_copy(update={"base": verdict.base.model_copy(update={"name": "origin/main"})})
    seen = Seen(commit, is_fork=False, is_ours_too=True, runs=[run])
    return Standing(AT_ROOT, Gathered(seen, Handed(), Handed(run, {AT_ROOT: PipelineResult(told, verdict)})))


def draw(browser: str, page: str, target: Path) -> None:
    """Let the browser draw a page that asks nobody for anything."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.html")
        path.write_text(page, encoding="utf-8")
        width, height = SIZE_PX
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
        ]
        subprocess.run(
            [browser, *options, f"--window-size={width},{height}", f"--screenshot={target}", path.as_uri()],
            check=True,
            capture_output=True,
        )
    with Image.open(target) as drawn:
        drawn.quantize(64).save(target, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
