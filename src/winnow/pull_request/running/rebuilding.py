"""The pipeline of a pull request run anew: by DVC's own program, on data that a remote or scikit-learn has."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from winnow.config import read_section
from winnow.errors import WinnowError
from winnow.ingest.config import AddConfig
from winnow.ingest.publication import changing, read_current_labels, track_pending
from winnow.ingest.restoration import restore
from winnow.ingest.source_arrays import DigitsSource
from winnow.ingest.tracking import is_bare
from winnow.logs import logger
from winnow.project import Project
from winnow.pull_request.remote_state import RemoteState
from winnow.pull_request.running.streaming import Ran, last_words, stream, told
from winnow.repository.dry_run import DryRun
from winnow.repository.dvc import relative
from winnow.repository.git import call_git, require_success
from winnow.repository.listings import open_repo
from winnow.repository.outs import is_own

State = Literal["rebuilt", "unchanged", "in git", "failed"]

_RUNNING = re.compile(r"Running stage '([^']{1,200})':")
_MISSING = re.compile(r"missing data '(source|out)'|Checkout failed for following targets|failed to pull data")
_FAILED_STAGE = "failed to run:"
_JUDGED = "what the commit holds is judged"


@dataclass(frozen=True)
class Rebuilt:
    """What became of the pipeline."""

    state: State
    reason: str = ""
    """Why nothing was run, or the last words of what failed."""
    stages: list[str] = field(default_factory=list)
    """That ran."""
    is_lock_current: bool = False


def rebuild(project: Project, remote: RemoteState, dry: DryRun) -> Rebuilt:
    """Run what is stale, on data from here, from the remote, or from scikit-learn.

    Where the data cannot be had the work tree is as the commit has it, and says why.
    """
    if dry.is_current:
        return Rebuilt("unchanged", is_lock_current=True)
    if not dry.is_known:
        return Rebuilt("failed", last_words(project, [f"DVC cannot read the pipeline: {dry.said}"]))
    if absent := fetch_data(project, remote):
        return Rebuilt("in git", last_words(project, [f"{absent}; {_JUDGED}"]))
    # The run cache would take another run's word for it; without a remote `--pull` asks for one.
    pull = ["--pull"] if remote.state == "readable" else []
    ran = stream(project, "dvc", "repro", "--no-run-cache", *pull)
    return _told(project, ran)


def fetch_data(project: Project, remote: RemoteState) -> str:
    """Bring what people track with DVC onto this disk; return why that cannot be done, empty when it is here."""
    if restore_digits(project):
        logger.info("the images are the digits that scikit-learn ships: made again, byte for byte")
    sources = _missing_sources(project)
    if not sources:
        return ""
    names = ", ".join(sources)
    if remote.state == "none":
        return f"{names}: not here, and there is no remote to pull from"
    if remote.state == "not readable":
        return f"{names}: not here, and the remote cannot be read: {remote.reason}"
    ran = stream(project, "dvc", "pull", *sources)
    lost = _missing_sources(project) if not ran.code else sources
    return f"{', '.join(lost)}: not in the remote (`dvc push` where it was added brings it there)" if lost else ""


def restore_digits(project: Project) -> bool:
    """Make the images again where none is here and `images.dvc` records exactly what `winnow add sklearn:digits` makes.

    Nothing has changed where it records anything else: DVC's own hash decides.
    """
    with suppress(WinnowError):
        if not is_bare(project, track=True):
            return False
        config = read_section(project, "add", AddConfig)
        with changing(project):
            made = restore(project, DigitsSource(), read_current_labels(project), config)
            if made is None:
                return False
            track_pending(project)
        return True
    return False


def _missing_sources(project: Project) -> list[str]:
    """Return the `.dvc` files of what the disk does not hold as they record it."""
    with open_repo(project) as repo:
        stages = [stage for stage in repo.index.stages if stage.is_data_source and is_own(project, stage.path)]
        lacking = [stage for stage in stages if any(not out.exists or out.changed_checksum() for out in stage.outs)]
        return [Path(relative(project, Path(stage.path))).as_posix() for stage in lacking]


def _told(project: Project, ran: Ran) -> Rebuilt:
    stages = list(dict.fromkeys(found[1] for line in ran.lines if (found := _RUNNING.fullmatch(line))))
    if not ran.code:
        return Rebuilt(
            "rebuilt" if stages else "unchanged", stages=stages, is_lock_current=_is_lock_as_committed(project)
        )
    said = "\n".join(line for line in ran.lines if line.startswith("ERROR: "))
    if _FAILED_STAGE not in said and _MISSING.search(said):
        # What ran before it has changed files that Git tracks; they are not to be judged.
        require_success(call_git(project, "checkout", "--quiet", "HEAD", "--", "."))
        words = said.removeprefix("ERROR: ")
        return Rebuilt(
            "in git", last_words(project, [f"an output that a stage needs cannot be had: {words}; {_JUDGED}"])
        )
    return Rebuilt("failed", _why(project, ran, stages), stages)


def _why(project: Project, ran: Ran, stages: list[str]) -> str:
    """Return the end of the failed stage's output; it may name images, so not where a project shows aggregates."""
    start = max((place for place, line in enumerate(ran.lines) if _RUNNING.fullmatch(line)), default=0)
    return told(project, ran.lines[start:], f"{stages[-1] if stages else 'DVC'} failed; the log of the run says why")


def _is_lock_as_committed(project: Project) -> bool:
    return not require_success(call_git(project, "status", "--porcelain", "--", relative(project, project.dvc_lock)))
