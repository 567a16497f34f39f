"""A model's versions and what is in each stage, as its tags tell it, from the first to the last."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from winnow.errors import UsageError
from winnow.registry.entry import Entry, read_message
from winnow.registry.names import Address, version_key
from winnow.registry.tags import Tag

_ROLLBACK = "rollback"


@dataclass(frozen=True)
class Event:
    """A tag, and the record that it carries."""

    tag: Tag

    @cached_property
    def entry(self) -> Entry | str:
        """The record, or why it does not count: it must be about this very tag."""
        found = read_message(self.tag.body, self.tag.ref)
        if isinstance(found, str):
            return found
        name = self.tag.name
        expected = (name.artifact, self.tag.commit, name.stage)
        is_version = name.version in (None, found.version) and (found.action == "register") == (name.stage is None)
        if (found.artifact, found.commit, found.stage) != expected or not is_version:
            return f"the record in {self.tag.ref} is about another tag"
        return found


@dataclass(frozen=True)
class History:
    """What the tags of one model come to."""

    artifact: str
    versions: dict[str, Event] = field(default_factory=dict)
    """Registered ones, not taken back; the lowest first."""
    stages: dict[str, list[Event]] = field(default_factory=dict)
    """By stage: assignments that a rollback goes down through, the current one last."""
    tags: tuple[Tag, ...] = ()
    """All of them, the oldest first."""

    @property
    def latest(self) -> str | None:
        """The greatest version; a pre-release only where there is no release."""
        releases = [version for version in self.versions if "-" not in version.partition("+")[0]]
        return next(reversed(releases or list(self.versions)), None)

    def in_stage(self, stage: str) -> str | None:
        """Return the version in a stage."""
        held = self._held(stage)
        return held[-1] if held else None

    def before(self, stage: str) -> str | None:
        """Return the version to which a stage is rolled back."""
        held = self._held(stage)
        return held[-2] if len(held) > 1 else None

    def stages_of(self, version: str) -> list[str]:
        """Return the stages that a version is in."""
        return [stage for stage in self.stages if self.in_stage(stage) == version]

    def assignment(self, stage: str) -> Event | None:
        """Return the assignment that holds now."""
        return self.stages[stage][-1] if self.in_stage(stage) else None

    def promotion_of(self, version: str, stage: str) -> Event | None:
        """Return the last promotion of a version to a stage."""
        return next(
            (event for event in reversed(self.stages.get(stage, [])) if self.version_of(event) == version), None
        )

    def version_of(self, event: Event) -> str | None:
        """Return the version that an assignment is about: GTO finds it by the commit."""
        return self._by_commit.get(event.tag.commit)

    @cached_property
    def _by_commit(self) -> dict[str, str]:
        # Where two versions share a commit, GTO takes the first.
        return {event.tag.commit: version for version, event in reversed(self.versions.items())}

    def find(self, address: Address) -> str:
        """Return the version that is asked for. Raises UsageError when there is none."""
        if address.version:
            if address.version in self.versions:
                return address.version
            listed = ", ".join(list(self.versions)[-5:]) or "none"
            raise UsageError(
                f"{self.artifact} has no version {address.version}; the last ones: {listed}",
                hint="`git fetch --tags` brings what others registered",
            )
        found = self.in_stage(address.stage) if address.stage else self.latest
        if found is None:
            where = f"in {address.stage}" if address.stage else "registered"
            raise UsageError(
                f"no version of {self.artifact} is {where}", hint="`git fetch --tags`, then see `winnow models`"
            )
        return found

    def _held(self, stage: str) -> list[str]:
        held = (self.version_of(event) for event in self.stages.get(stage, []))
        known = [version for version in held if version]
        return [version for place, version in enumerate(known) if not place or known[place - 1] != version]


def read_history(artifact: str, tags: Iterable[Tag]) -> History:
    """Return what the tags of a model (others are passed over), the oldest first, come to."""
    own = [tag for tag in tags if tag.name.artifact == artifact]
    versions: dict[str, Event] = {}
    for tag in own:
        if tag.name.version and tag.name.is_cancelled:
            versions.pop(tag.name.version, None)
        elif tag.name.version:
            versions.setdefault(tag.name.version, Event(tag))
    if any(tag.name.is_deprecation for tag in own):
        versions = {}
    ordered = {version: versions[version] for version in sorted(versions, key=version_key)}
    stages: dict[str, list[Event]] = {}
    for tag in own:
        if tag.name.stage:
            _assign(stages.setdefault(tag.name.stage, []), tag)
    return History(artifact, ordered, stages, tuple(own))


def _assign(held: list[Event], tag: Tag) -> None:
    """Put an assignment on the pile; a rollback takes away what lies above the version that it goes back to."""
    event = Event(tag)
    if tag.name.is_cancelled:
        held.clear()
        return
    # Most messages need not be read for this.
    if _ROLLBACK in tag.body and isinstance(event.entry, Entry) and event.entry.action == "rollback":
        place = next((place for place in reversed(range(len(held))) if held[place].tag.commit == tag.commit), None)
        if place is not None:
            del held[place:]
    held.append(event)
