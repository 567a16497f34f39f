"""Intake: every item of a source is admitted or refused, and what is new is packed into staged parts.

Nothing outside the staging folder changes here; `publication` makes it visible.
"""

import functools
import itertools
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from winnow.compute.mapping import map_ordered
from winnow.config import read_section
from winnow.data.labels import Labels
from winnow.data.parts import PartWriter, part_ids
from winnow.files import fresh_folder
from winnow.ingest.admission import Outcome, admit_chunk, chunked
from winnow.ingest.config import AddConfig
from winnow.ingest.ledger import Ledger, Verdict
from winnow.ingest.quarantine import Refusal
from winnow.ingest.rewriting import rewrite
from winnow.ingest.source_item import Source
from winnow.ingest.tombstones import read_erased
from winnow.logs import progress
from winnow.project import Project
from winnow.project_config import ProjectConfig

# Starting workers takes as long as admitting about this many chunks of small images.
INLINE_CHUNKS = 8


@dataclass(frozen=True, slots=True)
class Move:
    """A known image that the source has under another label."""

    name: str
    old: str
    new: str


@dataclass
class Staged:
    """What a source offers to the data set."""

    num_found: int = 0
    num_known: int = 0
    num_repeated: int = 0
    parts: list[Path] = field(default_factory=list)
    """Finished, in the staging folder."""
    rows: Labels = field(default_factory=Labels.empty)
    """The new images, one row each."""
    refusals: list[Refusal] = field(default_factory=list)
    moves: dict[str, Move] = field(default_factory=dict)
    """By id."""
    missing: list[str] = field(default_factory=list)
    """Ids in `labels.csv` that the source does not have."""

    def class_counts(self) -> dict[str, int]:
        """Return the number of new images by label, sorted by label."""
        return dict(sorted(Counter(self.rows.column("label")).items()))

    def refuse_moves(self) -> None:
        """Refuse the known images that came under another label: only a person may change a label."""
        for image, move in self.moves.items():
            reason = f"image {image} is labelled {move.old!r}, here it is {move.new!r}; `winnow relabel` changes it"
            self.refusals.append(Refusal(move.name, "Q203", reason))
        self.moves = {}


def stage(project: Project, source: Source, labels: Labels, config: AddConfig) -> Staged:
    """Read all of `source`, compare it with `labels`, and write the new images into parts in the staging folder.

    Raises InputError for a malformed source, MachineError for a full disk.
    """
    ledger = Ledger(labels, read_erased(project.erased))
    staged = Staged(num_found=source.num_repeated_rows, num_repeated=source.num_repeated_rows)
    with PartWriter(folder=fresh_folder(project.staging), part_size_bytes=config.part_size_mb * 1_000_000) as writer:
        rows = _new_rows(_admitted(project, source, config.max_pixels), ledger, staged, writer)
        staged.rows = Labels.from_rows(rows, source.further)
    staged.parts = writer.parts
    _withdraw_clashing(staged, ledger.clashing)
    staged.missing = ledger.missing()
    staged.refusals.sort(key=lambda refusal: (refusal.path, refusal.check))
    return staged


def _admitted(project: Project, source: Source, max_pixels: int) -> Iterator[Outcome]:
    """Yield what becomes of each item, in order, with progress."""
    admit = functools.partial(admit_chunk, max_pixels=max_pixels)
    compute = read_section(project, "project", ProjectConfig).compute
    witness = next((item.path for item in itertools.islice(source.items(), 1)), None)
    with progress("add", source.count(), "images") as advance:
        for outcomes in map_ordered(
            admit, chunked(source.items()), compute=compute, witness=witness, inline_items=INLINE_CHUNKS
        ):
            yield from outcomes
            advance(len(outcomes))


def _new_rows(
    outcomes: Iterator[Outcome], ledger: Ledger, staged: Staged, writer: PartWriter
) -> Iterator[tuple[str, ...]]:
    """Judge every outcome; pack the new ones and yield their rows."""
    for item, outcome in outcomes:
        staged.num_found += 1
        if isinstance(outcome, Refusal):
            staged.refusals.append(outcome)
            continue
        assert item.label is not None, "an item without a label is refused"
        match ledger.judge(outcome.id, item.label):
            case Verdict.NEW:
                writer.add(outcome)
                yield outcome.id, item.label, item.name, item.group, item.split, *item.further
            case Verdict.KNOWN:
                staged.num_known += 1
            case Verdict.REPEATED:
                staged.num_repeated += 1
            case Verdict.MOVED:
                staged.moves[outcome.id] = Move(item.name, ledger.known_label(outcome.id), item.label)
            case Verdict.CLASHING:
                staged.refusals.append(_clash(item.name, outcome.id, item.label))
                _take_back_move(staged, outcome.id)
            case Verdict.ERASED:
                reason = f"image {outcome.id} was erased on request: data/erased.csv lists it"
                staged.refusals.append(Refusal(item.name, "Q206", reason))


def _clash(name: str, image: str, label: str) -> Refusal:
    return Refusal(name, "Q203", f"image {image} is here as {label!r}, and under another label elsewhere in the source")


def _take_back_move(staged: Staged, image: str) -> None:
    move = staged.moves.pop(image, None)
    if move:
        staged.refusals.append(_clash(move.name, image, move.new))


def _withdraw_clashing(staged: Staged, clashing: set[str]) -> None:
    """Take images that came under two labels out of the rows and the parts again: nobody knows which label is right."""
    withdrawn = staged.rows.only(clashing)
    if not len(withdrawn):
        return
    for image, label, name, *_ in withdrawn.rows():
        staged.refusals.append(_clash(name, image, label))
    staged.rows = staged.rows.without(clashing)
    staged.parts = [kept for path in staged.parts for kept in _rewritten(path, clashing)]


def _rewritten(path: Path, without: set[str]) -> list[Path]:
    """Return the part itself, or the part that holds the rest of it; nothing when nothing is left."""
    ids = part_ids(path)
    is_kept = pc.invert(pc.is_in(ids, value_set=pa.array(sorted(without), pa.string())))
    if pc.all(is_kept).as_py():
        return [path]
    rest = rewrite([(path, is_kept)], folder=path.parent, part_size_bytes=sys.maxsize)
    path.unlink()
    return rest
