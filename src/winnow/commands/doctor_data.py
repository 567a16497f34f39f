"""`winnow doctor data`: whether parts of the data set are lost, or about to be, before anybody merges that."""

import functools
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pyarrow as pa

from winnow.data.labels import Labels, parse_labels, read_labels
from winnow.data.parts import part_ids
from winnow.errors import ExitCode, InputError, MachineError, UsageError
from winnow.ingest.publication import Journal, read_journal
from winnow.ingest.stores import open_stores
from winnow.ingest.tracking import is_bare
from winnow.merging.losses import Holds, Loss, find_loss
from winnow.project import Project
from winnow.repository.git import default_branch, git_root, merge_base, resolve
from winnow.repository.revisions import read_tracked

_WIDTH = 12
_MAX_SHOWN = 3
_WHY = "plain `dvc repro` and `dvc add data/images` take the parts that are here for all; `dvc repro --pull` is safe"
_SAID = {"ok": "ok", "failed": "FAILED", "unknown": "not available"}

Find = Callable[[str], Loss]
"""From a commit to what became of its parts."""


@dataclass(frozen=True)
class Answer:
    """What one question to the data set came to."""

    name: str
    state: Literal["ok", "failed", "unknown"]
    text: str
    hint: str = ""


@dataclass(frozen=True)
class DataReport:
    """What `winnow doctor data` found."""

    answers: list[Answer]

    @property
    def exit_code(self) -> ExitCode:
        """OK when no part is lost; what cannot be known does not count as that."""
        return ExitCode.OK if all(answer.state == "ok" for answer in self.answers) else ExitCode.FAILED

    def lines(self) -> Iterator[str]:
        """Return what to print."""
        for answer in self.answers:
            yield f"{answer.name:{_WIDTH}}{_SAID[answer.state]}: {answer.text}"
            if answer.hint:
                yield f"{'':{_WIDTH}}hint: {answer.hint}"

    def records(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        return {"is_ok": self.exit_code is ExitCode.OK, "answers": [asdict(answer) for answer in self.answers]}


def doctor_data(project: Project, branch: str | None = None) -> DataReport:
    """Say whether `images.dvc` has lost parts with labelled images since HEAD, and since `branch` was left.

    Without a name it is the default branch. No part is fetched. Raises UsageError outside of Git and for a branch that
    does not exist, InputError for malformed labels or a malformed `images.dvc`.
    """
    git_root(project)
    wanted = _labels(project).table["id"].combine_chunks()
    with ExitStack() as stack:
        holds = _look_up(project, stack)
        answers = [_folder(project), *_histories(project, branch, lambda at: find_loss(project, at, wanted, holds))]
    return DataReport(answers)


def _labels(project: Project) -> Labels:
    """Return the labels, also where DVC has them and they are not checked out."""
    content = read_tracked(project, project.labels)
    return read_labels(project.labels) if content is None else parse_labels(io.BytesIO(content), project.labels.name)


def _folder(project: Project) -> Answer:
    """Compare `data/images` with `images.dvc`: what is not in the folder is lost by the next plain `dvc repro`."""
    if read_journal(project) != Journal():
        text = "a command was interrupted, or left parts that DVC does not track yet"
        return Answer("folder", "unknown", text, "run it again; `winnow add` without --no-track lets DVC track them")
    try:
        is_empty = is_bare(project, track=True)
    except InputError as error:
        return Answer("folder", "failed", error.message, f"{error.hint}; {_WHY}")
    return Answer("folder", "ok", "no part is here" if is_empty else "all parts are here")


def _histories(project: Project, branch: str | None, find: Find) -> Iterator[Answer]:
    """Compare with HEAD, and with the commit where the branch was left."""
    try:
        head = resolve(project, "HEAD")
    except UsageError:
        return  # nothing is committed yet
    yield _compared("HEAD", head, find(head))
    branch = branch or default_branch(project)
    if branch is None:
        text = "there is no branch origin/HEAD, main or master to compare with"
        yield Answer("base", "unknown", text, "git fetch origin, or name one: winnow doctor data BRANCH")
        return
    resolve(project, branch)
    try:
        base = merge_base(project, branch)
    except UsageError as error:
        yield Answer("base", "unknown", error.message, error.hint)
        return
    if base != head:
        yield _compared("base", base, find(base))


def _compared(name: str, commit: str, loss: Loss) -> Answer:
    if loss.parts:
        shown = ", ".join([*loss.parts[:_MAX_SHOWN], *(["..."] if len(loss.parts) > _MAX_SHOWN else [])])
        text = f"{len(loss.parts)} of {loss.num_before} parts of {commit[:12]} are lost with labelled images: {shown}"
        return Answer(name, "failed", text, f"{_way_back(name, commit, loss)}; {_WHY}")
    if loss.unknown:
        return Answer(name, "unknown", loss.unknown, "dvc pull data/images.dvc, or connect the remote; then ask again")
    return Answer(name, "ok", f"none of {loss.num_before} parts of {commit[:12]} is lost")


def _way_back(name: str, commit: str, loss: Loss) -> str:
    if name == "HEAD" and not loss.num_new:
        return "git checkout -- data/images.dvc, then dvc checkout data/images.dvc (or dvc pull data/images.dvc)"
    # Taking the old file would drop the parts that came since.
    return (
        f"dvc get --rev {commit[:12]} . data/images -o .winnow/lost, move its parts into data/images, "
        "then dvc add data/images"
    )


def _look_up(project: Project, stack: ExitStack) -> Holds:
    """Return what tells the ids in a part: from the folder, DVC's cache, or a few kilobytes of a remote's copy."""
    open_once = functools.cache(lambda: stack.enter_context(open_stores(project)))

    @functools.cache
    def holds(name: str, md5: str) -> pa.Array | None:
        if (project.images / name).is_file():
            return part_ids(project.images / name)
        cache, remotes = open_once()
        for store in (cache, *remotes):
            try:
                contents = store.look_into(md5)
            except MachineError:
                continue
            if contents and contents.ids is not None:
                return contents.ids
        return None

    return holds
