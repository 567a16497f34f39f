"""`winnow accept`: the model that a pull request's own run trained becomes one commit of it, without training again."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from winnow.errors import ExitCode, WinnowError
from winnow.markup.blocks import Block, Line, Strong, link, names, prose, word
from winnow.markup.markdown import to_markdown
from winnow.markup.text import to_text
from winnow.project import Project
from winnow.pull_request.accepting.acceptance import Acceptance
from winnow.pull_request.accepting.acceptance import accept as accept_model
from winnow.pull_request.accepting.asking import asked_by_event, asked_by_hand
from winnow.pull_request.access import github_of
from winnow.pull_request.job_summary import add_to_summary
from winnow.repository.git import git_root
from winnow.verdict.account.outcome import SHORT_COMMIT

_MAX_NAMES = 20


@dataclass(frozen=True)
class AcceptResult:
    """What became of it."""

    done: Acceptance
    is_dry: bool
    exit_code = ExitCode.OK

    def block(self) -> Block:
        """Return the account of it."""
        return Block(f"Pull request {self.done.number}", list(self._lines()), symbol="✅", digest=self._digest())

    def lines(self) -> list[str]:
        """Return what to print."""
        return to_text([self.block()])

    def records(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        done = self.done
        kept = ("number", "by", "head", "commit", "is_new", "is_stored", "paths", "absent")
        carried = None if done.carried is None else [asdict(known) for known in done.carried]
        run = {"id": done.run.id, "url": done.run.html_url}
        return {**{name: getattr(done, name) for name in kept}, "run": run, "carried": carried, "is_dry": self.is_dry}

    def _digest(self) -> Line:
        commit = word(self.done.commit[:SHORT_COMMIT])
        if not self.done.paths:
            return ("nothing to commit: it has what its run made",)
        if self.is_dry:
            return ("its model can be accepted; nothing was written",)
        return (
            ("its model is accepted, as ", commit)
            if self.done.is_new
            else ("its model was accepted before, as ", commit)
        )

    def _lines(self) -> Iterator[Line]:
        done = self.done
        yield "made by ", link("this run", done.run.html_url), " of ", word(done.head[:SHORT_COMMIT])
        if done.by:
            yield "asked by ", word(done.by)
        if done.paths:
            yield "files: ", *names(done.paths, _MAX_NAMES)
        if not done.is_stored:
            yield (
                Strong("no DVC remote"),
                ": what Git does not hold ends with the run; `dvc remote add -d NAME URL` adds one",
            )
        if done.carried:
            yield (
                "checks carried over: ",
                *names([f"{each.name}: {each.conclusion}" for each in done.carried], _MAX_NAMES),
            )
        if done.absent:
            yield (
                Strong("not carried over"),
                ": required, but made by another app or never: ",
                *names(done.absent, _MAX_NAMES),
            )
        if done.is_new and done.carried is None:
            yield ("the checks of the new commit run by themselves, for a person made it",)


def accept(number: int | None, *, is_dry: bool) -> AcceptResult:
    """Accept the model of a pull request; without a number, that of the event that started this workflow.

    Errors as `winnow.pull_request.accepting.acceptance.accept`; in a workflow the job's summary tells them too.
    """
    try:
        clone = Project(git_root(Project(Path.cwd())))
        github = github_of(clone)
        asked = asked_by_event(github) if number is None else asked_by_hand(github, number)
        result = AcceptResult(accept_model(github, clone, asked, is_dry=is_dry), is_dry)
    except WinnowError as error:
        lines: list[Line] = [(prose(error.message),), *([(prose(error.hint),)] if error.hint else [])]
        add_to_summary([to_markdown([Block("Not accepted", lines, symbol="❌", digest=("nothing was committed",))])])
        raise
    add_to_summary([to_markdown([result.block()])])
    return result
