"""The records that a run hands over to be committed: `dvc.lock` and every output that Git holds, by project."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from winnow.pull_request.handed.archive import Limits, refused, unpack
from winnow.pull_request.handed.handover import read_run
from winnow.pull_request.record import MAX_PROJECTS, RUN_FILE, PipelineRun

RECORDS_ARTIFACT = "winnow-records"
MAX_ZIP_BYTES = 256_000_000
_LIMITS = Limits(
    max_zip_bytes=MAX_ZIP_BYTES,
    max_members=2_000,
    max_bytes=512_000_000,
    # Control characters, and what is no plain name on some system, are in no path.
    names=re.compile(r'(?:records/)?(?:0|[1-9][0-9]?)/(?:run\.json|files/[^\x00-\x1f\x7f\\:*?"<>|]{1,1000})'),
)


@dataclass(frozen=True)
class Records:
    """What a run made of one project."""

    run: PipelineRun
    files: Mapping[str, bytes]
    """By path in the project."""


def read_records(content: bytes, commit: str) -> list[Records]:
    """Return the records of every project. Raises RefusedError unless all are in order, and about this commit."""
    projects: dict[str, dict[str, bytes]] = {}
    for name, file in unpack(content, _LIMITS).items():
        number, _, inner = name.removeprefix("records/").partition("/")
        project = projects.setdefault(number, {})
        if inner in project:
            raise refused("it holds a file twice")
        project[inner] = file
    if not projects or len(projects) > MAX_PROJECTS:
        raise refused(f"expected records of 1 to {MAX_PROJECTS} projects")
    found = [_records(project, commit) for _, project in sorted(projects.items())]
    if len({records.run.folder.casefold() for records in found}) < len(found):
        raise refused("it tells of a project twice")
    return found


def _records(project: dict[str, bytes], commit: str) -> Records:
    if RUN_FILE not in project:
        raise refused(f"it lacks a {RUN_FILE}")
    run = read_run(project.pop(RUN_FILE), commit)
    files = {name.removeprefix("files/"): content for name, content in project.items()}
    if not all(map(_is_path, files)):
        raise refused("it holds a file of an unexpected name")
    return Records(run, files)


def _is_path(path: str) -> bool:
    """Return whether this is a path below a project, and none of the places that Git, GitHub and DVC obey."""
    parts = [part.casefold() for part in path.split("/")]
    is_plain = all(part.strip(". ") and part == part.rstrip(". ") for part in parts)
    return is_plain and not any(part.startswith(".git") or part == ".dvc" for part in parts)
