"""`winnow report`: is the model of this working tree better than that of its base, and may it be merged?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.changes.snapshot import working_tree
from winnow.data.contents import read_contents
from winnow.data.parts import list_parts
from winnow.errors import ExitCode, UsageError, WinnowError
from winnow.files import disk_errors, write_json, write_text
from winnow.markup.markdown import to_markdown
from winnow.project import Project
from winnow.verdict.account.blocks import REST, account
from winnow.verdict.account.page import FlipPicture, render_verdict
from winnow.verdict.account.terminal import to_lines
from winnow.verdict.drawing_up import Question, draw_up
from winnow.verdict.record.context import Waiver
from winnow.verdict.record.evidence import Flips
from winnow.verdict.record.verdict import Verdict

_MAX_PICTURES = 48


@dataclass(frozen=True)
class ReportResult:
    """The verdict, and the files that tell it."""

    verdict: Verdict
    written: list[Path]

    @property
    def exit_code(self) -> ExitCode:
        """OK unless a required gate failed."""
        return ExitCode.OK if self.verdict.has_passed else ExitCode.FAILED

    def lines(self) -> list[str]:
        """Return what to print."""
        return [*to_lines(self.verdict), "", *(f"wrote {path.as_posix()}" for path in self.written)]

    def records(self) -> dict[str, Any]:
        """Return the verdict for `--json`."""
        return self.verdict.as_dict()


def report(project: Project, question: Question) -> ReportResult:
    """Draw up the verdict and write `reports/verdict.json`, `report.md` and `report.html`; errors as `draw_up`.

    The page is for this disk: Git ignores it, and it shows fixed and broken images whose parts lie here.
    """
    folder = project.verdict.parent
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"expected a folder `{folder.name}`, got a file", hint="the report is written there")
    verdict = draw_up(project, question)
    comment = to_markdown(account(verdict), rest=REST)
    page = render_verdict(verdict, _pictures(project, verdict))
    with disk_errors(folder):
        write_json(project.verdict, verdict.model_dump(mode="json"))
        write_text(project.comment, comment)
        write_text(project.report_page, page)
    written = [path.relative_to(project.root) for path in (project.verdict, project.comment, project.report_page)]
    return ReportResult(verdict, written)


def _pictures(project: Project, verdict: Verdict) -> dict[str, FlipPicture]:
    """Return the fixed and broken images that lie on this disk, a few of each, by id."""
    if not isinstance(verdict.flips, Flips):
        return {}
    ids = [flip.id for flips in (verdict.flips.broken, verdict.flips.fixed) for flip in flips[:_MAX_PICTURES]]
    try:
        contents = read_contents(list_parts(project.images), ids)
        rows = working_tree(project).rows.select(["id", "name"]).to_pylist() if contents else []
    except WinnowError:
        return {}
    names = {row["id"]: row["name"] for row in rows if row["id"] in contents}
    return {image: FlipPicture(names.get(image, ""), content) for image, content in contents.items()}


def waivers_of_label(texts: Sequence[str], by: str | None) -> dict[str, Waiver]:
    """Return the waivers that `--waive GATE=REASON` gives. Raises UsageError when one says no gate, reason or name."""
    waivers = {}
    for text in texts:
        gate, _, reason = (part.strip() for part in text.partition("="))
        if not (gate and reason and by and by.strip()):
            raise UsageError(
                f"expected --waive GATE=REASON and --waived-by NAME, got {text!r} by {by!r}",
                hint="a waiver says which gate, why, and who answers for it",
            )
        waivers[gate] = Waiver(reason=reason, by=by.strip(), source="label")
    return waivers
