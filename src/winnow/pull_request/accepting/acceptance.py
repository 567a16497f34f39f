"""Train once: what a run made of a pull request's head becomes one commit on its branch, or nothing happens."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from winnow.errors import CheckError
from winnow.github.client import GitHub, GitHubError
from winnow.github.commits import BranchMovedError, Change, create_commit, head_of, move_branch
from winnow.github.labels import remove_label
from winnow.github.runs import Run
from winnow.project import Project
from winnow.pull_request.accepting.asking import Asked
from winnow.pull_request.accepting.carrying import Checks, Known, carry, checks_to_carry
from winnow.pull_request.accepting.checkout import checked_out
from winnow.pull_request.accepting.inputs import lay_down, require_current, require_stored
from winnow.pull_request.accepting.subject import Subject, find_subject, message_of, read_handover
from winnow.pull_request.record import ACCEPT_LABEL


@dataclass(frozen=True)
class Acceptance:
    """What became of it."""

    number: int
    by: str
    head: str
    """The commit whose model was accepted."""
    run: Run
    paths: list[str]
    """What the commit changes; nothing where the head has it all."""
    is_stored: bool
    """False where there is no remote: what Git does not hold ends with the run."""
    commit: str = ""
    """That was made, now or by an earlier call that was cut off; empty where there was nothing to do."""
    is_new: bool = False
    """Whether it was made now."""
    carried: list[Known] | None = None
    """None where the checks run anew: a person's token pushes like a person."""
    absent: list[str] | None = None
    """Required checks that nobody could carry over."""


@dataclass(frozen=True)
class _Plan:
    """All that was found out before anything is written."""

    subject: Subject
    changes: list[Change]
    tree: str
    message: str
    checks: Checks | None
    is_stored: bool


def accept(github: GitHub, clone: Project, asked: Asked, *, is_dry: bool = False) -> Acceptance:
    """Commit the records of the run at a pull request's head to its branch, and carry the checks over.

    Called again it finishes what was cut off, and never commits twice. Raises CheckError, before anything is written,
    for all that speaks against it; GitHubError when GitHub fails, after which it can be called again.
    """
    with _freeing(github, asked, is_dry=is_dry):
        plan = _plan(github, clone, asked)
        done = _report(asked, plan)
        if is_dry:
            return done
        made = _commit(github, asked, plan)
        carried = carry(github, plan.checks, plan.subject.commit.sha, made) if plan.checks and made else None
    absent = plan.checks.absent if plan.checks and made else None
    _free(github, asked)
    is_new = bool(made) and plan.subject.made is None
    return replace(done, commit=made, is_new=is_new, carried=carried, absent=absent)


def _plan(github: GitHub, clone: Project, asked: Asked) -> _Plan:
    repository = github.get("")
    default = str(repository["default_branch"])
    subject = find_subject(github, asked, int(repository["id"]), default)
    found, told = read_handover(github, subject.run)
    with checked_out(clone, github, subject.commit.sha, head_of(github, default)) as checkout:
        changes = [change for records in found for change in lay_down(checkout, records)]
        folders = [records.run.folder for records in found]
        for folder in folders:
            require_current(checkout, folder)
        are_stored = [require_stored(checkout, folder) for folder in folders]
        tree = checkout.tree_with(changes)
    if subject.made and subject.made.tree != tree:
        raise CheckError(
            f"no run of pipeline.yaml is about {subject.made.sha[:12]}, and it is not what the run before it made",
            hint="run pipeline.yaml again, and ask then",
        )
    # A person's token pushes as a person does, and all checks run anew.
    is_app = not github.viewer()
    checks = None
    if is_app and changes:
        checks = checks_to_carry(github, subject.commit.sha, asked.pull.base_branch, subject.run.html_url)
    return _Plan(subject, changes, tree, message_of(subject.run, told), checks, all(are_stored))


def _commit(github: GitHub, asked: Asked, plan: _Plan) -> str:
    """Return the new head; empty where the head has all."""
    if plan.subject.made:
        return plan.subject.made.sha
    if not plan.changes:
        return ""
    head, branch = plan.subject.commit, asked.pull.head_branch
    made = create_commit(github, head, plan.changes, plan.message)
    if made.tree != plan.tree:
        raise GitHubError(
            "GitHub made another tree of these files than Git does", hint="try again; nothing was changed"
        )
    # Asked at the last moment, for a branch that was set back would take the commit.
    if head_of(github, branch) != head.sha:
        raise _moved(branch)
    try:
        move_branch(github, branch, made.sha)
    except BranchMovedError as error:
        raise (error if head_of(github, branch) == head.sha else _moved(branch)) from None
    return made.sha


def _moved(branch: str) -> CheckError:
    return CheckError(f"{branch} has moved on meanwhile: nothing was changed", hint="look at it, and ask again")


def _report(asked: Asked, plan: _Plan) -> Acceptance:
    subject, paths = plan.subject, [change.path for change in plan.changes]
    return Acceptance(asked.pull.number, asked.by, subject.commit.sha, subject.run, paths, plan.is_stored)


@contextmanager
def _freeing(github: GitHub, asked: Asked, *, is_dry: bool) -> Iterator[None]:
    """After a refusal take the label off, so that it can be asked again; GitHub's own failures leave it on."""
    try:
        yield
    except CheckError:
        if not is_dry:
            with suppress(GitHubError):
                _free(github, asked)
        raise


def _free(github: GitHub, asked: Asked) -> None:
    if ACCEPT_LABEL in asked.pull.labels:
        remove_label(github, asked.pull.number, ACCEPT_LABEL)
