"""Predictions of any number of images: in constant memory, and going on where a killed run stopped.

The source is gone through twice: once to count it and to see that it is still the one that an earlier run has begun,
once to read it. Files are read in workers; the model runs here. What a shard holds depends on its place in the listing
alone, so that a run that was killed ends with the same bytes as one that was not.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from winnow.compute.mapping import map_ordered
from winnow.data.pixels import variant
from winnow.errors import ExitCode, InputError, UsageError
from winnow.evaluation import shards
from winnow.evaluation.listing import Entry, list_entries
from winnow.evaluation.object_storage import is_url
from winnow.evaluation.reading import Images, chunked, read_chunk
from winnow.files import disk_errors, read_json, write_json
from winnow.logs import progress
from winnow.project_config import Compute
from winnow.transforms.spec import PreprocessSpec

RUN = "run.json"
SUMMARY = "summary.json"
SHARD_IMAGES = 50_000

# Starting workers takes as long as reading about this many chunks.
_INLINE_CHUNKS = 4
_MAX_SHOWN = 20


class Model(Protocol):
    """What tells classes from pixels."""

    labels: list[str]
    spec: PreprocessSpec
    identity: str
    """Another one for another model."""

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return [B, K] for `pixels` [B, size, size, channels]."""


@dataclass(frozen=True)
class Settings:
    """What decides the bytes of the outcome, besides the model and the images."""

    batch_size: int
    max_pixels: int
    shard_images: int = SHARD_IMAGES


@dataclass(frozen=True)
class BatchResult:
    """What a batch came to."""

    folder: Path
    summary: dict[str, Any]

    @property
    def exit_code(self) -> ExitCode:
        """FAILED when no file was an image: refused ones are counted and named, and do no harm."""
        return ExitCode.OK if self.summary["num_predicted"] else ExitCode.FAILED

    def lines(self) -> Iterator[str]:
        """Yield the counts: of the largest classes, of what was refused, and where the rest is."""
        summary = self.summary
        yield f"{summary['num_predicted']} images predicted, {summary['num_refused']} files refused"
        classes = sorted(summary["classes"].items(), key=lambda item: (-item[1], item[0]))
        for label, num_images in classes[:_MAX_SHOWN]:
            yield f"  {num_images:>9} {label}"
        if len(classes) > _MAX_SHOWN:
            yield f"  and {len(classes) - _MAX_SHOWN} classes more"
        for check, num_files in summary["refused"].items():
            yield f"  {num_files:>9} refused by {check} (docs/checks.md)"
        yield f"{summary['num_shards']} shards and {SUMMARY} are in {self.folder}"

    def records(self) -> dict[str, Any]:
        """Return the summary for `--json`."""
        return self.summary


class _Survey:
    """Counts the entries that pass, and hashes what they are."""

    def __init__(self) -> None:
        self.num_entries = 0
        self._digest = hashlib.sha256()

    def through(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Pass entries on."""
        for entry in entries:
            self.num_entries += 1
            self._digest.update(f"{entry.name}\0{entry.version}\0".encode())
            yield entry

    @property
    def listing(self) -> str:
        """Return the hash of what has passed, 64 hex digits."""
        return self._digest.hexdigest()


def predict_batch(
    model: Model, source: str, folder: Path, settings: Settings, *, compute: Compute = "local", restart: bool = False
) -> BatchResult:
    """Predict all images that `source` names, into shards in `folder` (see `shards`), and write a summary there.

    Shards that are there are kept. Raises UsageError when `folder` belongs to another model, source or setting, unless
    `restart` throws away what it holds; InputError for a source that is absent, empty, or changes while it is read.
    """
    if not is_url(source) and folder.resolve().is_relative_to(Path(source).resolve()):
        raise UsageError(f"{folder} lies in the source: it would list its own predictions", hint="name another --out")
    survey = _Survey()
    for _ in survey.through(list_entries(source)):
        pass
    total = survey.num_entries
    if not total:
        raise InputError(f"expected images in {source}, found no file", hint="check the address")
    _begin(folder, _describe(model, survey, settings), restart=restart)
    again = _Survey()
    numbered = (
        (number // settings.shard_images, entry)
        for number, entry in enumerate(again.through(list_entries(source)))
        if number < total
    )
    with progress("predict", total, "images") as advance:
        todo = _missing(numbered, folder, total, settings.shard_images, advance)
        for number, images in itertools.groupby(_read(todo, model, settings, compute), lambda chunk: chunk.shard):
            with shards.writing(shards.shard_path(folder, number), model.labels) as shard:
                for block in _blocks(images, settings.batch_size):
                    _predict_block(model, block, settings.batch_size, shard)
                    advance(sum(len(chunk.names) for chunk in block))
    if again.listing != survey.listing:
        raise InputError(f"{source} has changed while it was read", hint="--restart predicts all of it anew")
    return BatchResult(folder, _summarise(folder, total))


def _describe(model: Model, survey: _Survey, settings: Settings) -> dict[str, Any]:
    """Return all that must be the same when a run goes on."""
    source = {"num_files": survey.num_entries, "listing": survey.listing}
    return {"model": model.identity, "pixels": variant(model.spec), **source, **asdict(settings)}


def _begin(folder: Path, run: Mapping[str, Any], *, restart: bool) -> None:
    """Claim the folder for this run, or find that it is this run's already."""
    path = folder / RUN
    if path.exists():
        earlier = read_json(path, hint=f"delete {folder}")
        changed = [key for key, value in run.items() if earlier.get(key) != value]
        if not changed and not restart:
            return
        if not restart:
            was, now = earlier.get(changed[0]), run[changed[0]]
            raise UsageError(
                f"{folder} holds predictions of another run: {changed[0]} was {was!r}, now it is {now!r}",
                hint="--restart throws them away and begins anew; another --out keeps them",
            )
    elif shards.shard_paths(folder):
        raise UsageError(f"expected an empty folder, got predictions in {folder}", hint="name another --out")
    with disk_errors(folder):
        for old in (*shards.shard_paths(folder), folder / SUMMARY):
            old.unlink(missing_ok=True)
    write_json(path, run)


def _missing(
    numbered: Iterable[tuple[int, Entry]], folder: Path, total: int, shard_images: int, advance: Any
) -> Iterator[tuple[int, Entry]]:
    """Pass on the entries of shards that are not there yet."""
    for number, entries in itertools.groupby(numbered, lambda item: item[0]):
        num_rows = min(shard_images, total - number * shard_images)
        if shards.is_whole(shards.shard_path(folder, number), num_rows):
            advance(sum(1 for _ in entries))
        else:
            yield from entries


def _read(entries: Iterator[tuple[int, Entry]], model: Model, settings: Settings, compute: Compute) -> Iterator[Images]:
    first = list(itertools.islice(entries, 1))
    places = [entry.place for _, entry in first if not is_url(entry.place)]
    read = partial(read_chunk, spec=model.spec, max_pixels=settings.max_pixels)
    chunks = chunked(itertools.chain(first, entries), model.spec)
    witness = next(iter(places), None)
    return map_ordered(read, chunks, compute=compute, witness=witness, inline_items=_INLINE_CHUNKS)


def _blocks(chunks: Iterable[Images], batch_size: int) -> Iterator[list[Images]]:
    """Yield chunks together until they fill a batch: large images come in small chunks."""
    block: list[Images] = []
    for chunk in chunks:
        block.append(chunk)
        if sum(len(each.pixels) for each in block) >= batch_size:
            yield block
            block = []
    if block:
        yield block


def _predict_block(model: Model, block: list[Images], batch_size: int, shard: shards.ShardWriter) -> None:
    pixels = np.concatenate([chunk.pixels for chunk in block])
    batches = [pixels[at : at + batch_size] for at in range(0, len(pixels), batch_size)]
    nothing = np.empty((0, len(model.labels)), dtype=np.float32)
    probabilities = np.concatenate([nothing, *map(model.probabilities, batches)])
    ends = np.cumsum([len(chunk.pixels) for chunk in block])
    for chunk, end in zip(block, ends, strict=True):
        shard.add(chunk, probabilities[end - len(chunk.pixels) : end])


def _summarise(folder: Path, total: int) -> dict[str, Any]:
    labels, checks = shards.count(folder)
    summary = {
        "num_files": total,
        "num_predicted": sum(labels.values()),
        "num_refused": sum(checks.values()),
        "num_shards": len(shards.shard_paths(folder)),
        "classes": dict(sorted(labels.items())),
        "refused": dict(sorted(checks.items())),
    }
    write_json(folder / SUMMARY, summary)
    return summary
