"""What is verified: a version in the tags, its commit in a checkout of its own, and who has answered for what."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from winnow.project import Project
from winnow.registry.entry import Entry
from winnow.registry.evidence import at_commit
from winnow.registry.history import Event, History, read_history
from winnow.registry.model_files import project_of
from winnow.registry.names import Address, Stage
from winnow.registry.tags import read_tags


@dataclass(frozen=True)
class Subject:
    """A version on its way to a stage."""

    project: Project
    """Where the code that verifies is: the default branch."""
    there: Project
    """A checkout of the version's commit. None of its code is run."""
    scratch: Path
    """An empty folder."""
    history: History
    version: str
    stage: Stage

    @property
    def event(self) -> Event:
        """The tag that registered it."""
        return self.history.versions[self.version]

    @property
    def commit(self) -> str:
        """The commit of that tag."""
        return self.event.tag.commit

    @property
    def assignments(self) -> list[Event]:
        """Tags that put this commit into the stage, the oldest first."""
        tags = self.history.tags
        return [Event(tag) for tag in tags if tag.name.stage == self.stage and tag.commit == self.commit]

    @property
    def accepted(self) -> set[str]:
        """What somebody has answered for already, with a name and a reason, when putting it into the stage."""
        entries = [event.entry for event in self.assignments if isinstance(event.entry, Entry)]
        return {refusal for entry in entries if entry.override for refusal in entry.override.refusals}

    @property
    def is_rollback(self) -> bool:
        """Whether the stage holds it because somebody went back to it."""
        current = self.history.assignment(self.stage)
        if current is None or current.tag.commit != self.commit:
            return False
        return isinstance(current.entry, Entry) and current.entry.action == "rollback"

    def before(self) -> History:
        """Return the history without the assignment that is to be verified: what it replaces is still there."""
        assigned = [tag for tag in self.history.tags if tag.name.stage == self.stage]
        # Somebody may have assigned it more than once in a row.
        own = takewhile(lambda tag: tag.commit == self.commit, reversed(assigned))
        refs = {tag.ref for tag in own}
        return read_history(self.history.artifact, [tag for tag in self.history.tags if tag.ref not in refs])


@contextmanager
def find_subject(near: Project, artifact: str, version: str, stage: Stage) -> Iterator[Subject]:
    """Yield a version of any project of this repository, its commit checked out.

    Raises UsageError where there is none, InputError where `artifacts:` of its `dvc.yaml` does not name the model.
    """
    history = read_history(artifact, read_tags(near, artifact))
    found = history.find(Address(artifact, version=version))
    commit = history.versions[found].tag.commit
    project = project_of(near, commit, Address(artifact))
    with TemporaryDirectory(prefix="winnow-") as folder, at_commit(project, commit) as there:
        yield Subject(project, there, Path(folder), history, found, stage)
