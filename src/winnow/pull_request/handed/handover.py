"""What an archive from a run without rights says, once it has been found to be what it has to be."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

from winnow.errors import InputError
from winnow.pull_request.handed.archive import Limits, refused, unpack
from winnow.pull_request.record import MAX_PROJECTS, RUN_FILE, VERDICT_FILE, DataRun, PipelineRun, Run
from winnow.records import Document
from winnow.verdict.record.verdict import Verdict

DATA_ARTIFACT = "winnow-data"
VERDICT_ARTIFACT = "winnow-verdict"
MAX_ZIP_BYTES = 32_000_000
_MAX_BYTES = 64_000_000
_MAX_MEMBERS = 200
_MAX_JSON_BYTES = 16_000_000
_MAX_DEPTH = 24
_MAX_SUBGROUPS = 100
_MAX_GATES = 1_000

Kind = TypeVar("Kind", bound=Document)
SomeRun = TypeVar("SomeRun", bound=Run)
Result = TypeVar("Result")


@dataclass(frozen=True)
class PipelineResult:
    """What the pipeline said of one project."""

    run: PipelineRun
    verdict: Verdict | None
    """None where there was nothing that could be judged."""


def read_data(content: bytes, commit: str) -> dict[str, DataRun]:
    """Return what a run of the data workflow says of each project, by folder.

    Raises RefusedError unless all of it is in order, and about this commit.
    """
    files = unpack(content, _limits("data", RUN_FILE))
    return _by_folder((_read_run(DataRun, texts, commit) for texts in _by_number(files)), lambda run: run)


def read_pipeline(content: bytes, commit: str) -> dict[str, PipelineResult]:
    """Return what a run of the pipeline says of each project, by folder; RefusedError as `read_data`."""
    files = unpack(content, _limits("verdict", RUN_FILE, VERDICT_FILE))
    results = (_result(texts, commit) for texts in _by_number(files))
    return _by_folder(results, lambda result: result.run)


def read_run(content: bytes, commit: str) -> PipelineRun:
    """Return what a run of the pipeline says of one project; RefusedError as `read_data`."""
    return _read_run(PipelineRun, {RUN_FILE: content}, commit)


def _limits(folder: str, *names: str) -> Limits:
    """Return the limits of an archive; its names may begin with the folder that was handed over, or below it."""
    choice = "|".join(map(re.escape, names))
    pattern = re.compile(rf"(?:{folder}/)?(?:0|[1-9][0-9]?)/(?:{choice})")
    return Limits(MAX_ZIP_BYTES, _MAX_MEMBERS, _MAX_BYTES, pattern)


def _by_number(files: Mapping[str, bytes]) -> Iterator[dict[str, bytes]]:
    """Yield the files of each project by their bare names, in the order of the numbers."""
    projects: dict[int, dict[str, bytes]] = {}
    for name, content in files.items():
        *_, number, bare = name.split("/")
        project = projects.setdefault(int(number), {})
        if bare in project:
            raise refused("it holds a file twice")
        project[bare] = content
    if len(projects) > MAX_PROJECTS:
        raise refused(f"it tells of more than {MAX_PROJECTS} projects")
    yield from (project for _, project in sorted(projects.items()))


def _by_folder(results: Iterator[Result], run_of: Callable[[Result], Run]) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for result in results:
        folder = run_of(result).folder
        if folder.casefold() in map(str.casefold, found):
            raise refused("it tells of a project twice")
        found[folder] = result
    return found


def _result(texts: Mapping[str, bytes], commit: str) -> PipelineResult:
    run = _read_run(PipelineRun, texts, commit)
    verdict = _read(Verdict, texts[VERDICT_FILE], VERDICT_FILE) if VERDICT_FILE in texts else None
    if verdict is not None:
        _require_same(verdict, run)
    return PipelineResult(run, verdict)


def _require_same(verdict: Verdict, run: PipelineRun) -> None:
    """Refuse a verdict about other commits, or one that would take too long to write down."""
    heads = {verdict.head.commit, run.commit} - {None}
    bases = {verdict.base.commit, verdict.provenance.merge_base, run.base} - {None}
    if len(heads) > 1 or len(bases) > 1:
        raise refused("its verdict is about other commits than its run")
    if len(verdict.subgroups) > _MAX_SUBGROUPS or len(verdict.gates) > _MAX_GATES:
        raise refused("its verdict is longer than anyone can read")


def _read_run(kind: type[SomeRun], texts: Mapping[str, bytes], commit: str) -> SomeRun:
    if RUN_FILE not in texts:
        raise refused(f"it lacks a {RUN_FILE}")
    run = _read(kind, texts[RUN_FILE], RUN_FILE)
    if run.commit != commit:
        raise refused("it is about another commit than the run that made it")
    return run


def _read(kind: type[Kind], content: bytes, name: str) -> Kind:
    if len(content) > _MAX_JSON_BYTES:
        raise refused(f"its {name} is larger than {_MAX_JSON_BYTES:,} bytes")
    try:
        return kind.from_dict(_parse(content), name)
    except InputError:
        raise refused(f"its {name} does not hold what `{kind.writer}` writes") from None
    except (ValueError, RecursionError):
        raise refused(f"its {name} is not the JSON that it has to be") from None


def _parse(content: bytes) -> dict[str, Any]:
    """Return the object that a text holds. Raises ValueError for what JSON does not know, or leaves open."""
    found = json.loads(
        content.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_unique
    )
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - what is wrong is the text
    _require_shallow(found)
    return found


def _require_shallow(found: dict[str, Any]) -> None:
    level: list[Any] = [found]
    for _ in range(_MAX_DEPTH):
        inner = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level = list(chain.from_iterable(inner))
        if not level:
            return
    raise ValueError("too deep")


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise ValueError("not finite")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found
