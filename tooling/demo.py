"""The README's first command: two classifiers of digits, from nothing, and the verdict on the change."""

import shutil
import signal

from invoke import Exit

from tooling.digits import AUTHOR, lay_out, write_params, write_pictures
from tooling.running import ROOT, must, run_here, say

DEMO = ROOT / ".winnow" / "demo"
HASTY_EPOCHS = 2


def run_demo(*, is_served: bool) -> None:
    """Train a hasty and a patient model in `DEMO`, judge the second one, and serve it where that is asked for."""
    judge()
    if is_served:
        serve()
    else:
        say("`python tasks.py demo --serve` puts this model behind a page for pictures.")


def judge() -> None:
    """Train both and compare them; one alone where a newcomer has no Git."""
    has_git = shutil.which("git") is not None
    lay_out(DEMO, with_git=has_git)
    write_params(DEMO, epochs=None)
    show("winnow", "add", "sklearn:digits")
    if not has_git:
        show("dvc", "repro")
        show("winnow", "show")
        say("\nWith Git installed, the demo goes on to judge one model against another.")
        return
    if not (DEMO / ".git" / "refs" / "heads" / "main").exists():
        write_params(DEMO, epochs=HASTY_EPOCHS)
        show("dvc", "repro")
        must("git", "add", "--all", folder=DEMO)
        must("git", *AUTHOR, "commit", "--quiet", f"--message=Train for {HASTY_EPOCHS} epochs", folder=DEMO)
    write_params(DEMO, epochs=None)
    show("dvc", "repro")
    show("winnow", "show")
    show("winnow", "report", "--base", "HEAD")
    say(f"\nOpen {DEMO / 'reports' / 'report.html'}, and see the pictures. Run this again and nothing is done twice.")


def serve() -> None:
    """Answer pictures until Ctrl-C, which is the service's to hear."""
    write_pictures(DEMO / "pictures")
    say(f"\nOpen http://127.0.0.1:8000 and drop the digits of {DEMO / 'pictures'}, or your own. Ctrl-C ends it.")
    asked: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    say("\n$ winnow serve")
    code = run_here("winnow", "serve", folder=DEMO)
    if code and not asked:
        raise Exit("failed: winnow serve", code=code)


def show(*command: str) -> None:
    """Run a command in the demo as a reader would type it."""
    say(f"\n$ {' '.join(command)}")
    must(*command, folder=DEMO)
