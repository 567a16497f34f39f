"""Which bytes a model consists of: the SHA-256 of each file, taken where it was registered, checked where it is used.

Knows neither Git nor DVC, so that whoever loads a model can check it.
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field

from winnow.errors import CheckError, InputError
from winnow.files import read_json, sha256_file, write_json
from winnow.records import Count, Document, Number, Record

FILE = "attestation.json"

_HINT = "pull the model again (winnow pull-model); if it differs again, somebody changed it: do not use it"


class FileSum(Record):
    """A file by its content."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    num_bytes: Count


class Attestation(Document):
    """What `winnow pull-model` writes beside a model."""

    writer = "winnow pull-model"

    tag: Annotated[str, Field(max_length=500)]
    """That registered the model."""
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]
    signature: str
    """What is known of the tag's signature (docs/registry.md)."""
    files: dict[str, FileSum]
    """By path below the folder, with slashes."""
    metrics: dict[str, Number] = Field(default_factory=dict)
    """What it scored when it was registered, ends of the intervals as NAME_low and NAME_high."""


def take_sums(folder: Path) -> dict[str, FileSum]:
    """Return the sum of every file below a folder, by path; the attestation itself is left out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / FILE)
    return {path.relative_to(folder).as_posix(): sum_of(path) for path in paths}


def sum_of(path: Path) -> FileSum:
    """Return the sum of a file."""
    return FileSum(sha256=sha256_file(path), num_bytes=path.stat().st_size)


def write_attestation(folder: Path, attestation: Attestation) -> None:
    """Write `attestation.json` into the folder of a model."""
    write_json(folder / FILE, attestation.model_dump(mode="json"))


def require_files(folder: Path, files: Mapping[str, FileSum]) -> None:
    """Raise CheckError unless the folder holds exactly these files with exactly these bytes."""
    for name in files:
        if not is_inside(name):
            raise CheckError(f"the attestation names {name!r}, which is no path in a model's folder", hint=_HINT)
    got = take_sums(folder)
    differing = [f"{name} is missing" for name in sorted(files.keys() - got.keys())]
    differing += [f"{name} is not of this model" for name in sorted(got.keys() - files.keys())]
    for name in sorted(files.keys() & got.keys()):
        if got[name] != files[name]:
            expected, found = files[name].sha256[:12], got[name].sha256[:12]
            differing.append(f"{name} is other than registered (SHA-256 {expected}..., got {found}...)")
    if differing:
        raise CheckError(f"{folder}: {'; '.join(differing[:5])}", hint=_HINT)


def require_attested(model: Path) -> None:
    """Raise CheckError when a model's folder lies in a pulled one, and its files are not those that were registered.

    `model` is the bundle's or the ONNX folder. Where nothing was attested (a model that was just trained), there is
    nothing to check.
    """
    source = model.parent / FILE
    if not source.is_file():
        return
    attested = Attestation.from_dict(read_json(source, hint=_HINT), FILE).files
    prefix = f"{model.name}/"
    files = {name.removeprefix(prefix): each for name, each in attested.items() if name.startswith(prefix)}
    if not files:
        raise InputError(f"{source} says nothing about {model.name}", hint=_HINT)
    require_files(model, files)


def is_inside(name: str) -> bool:
    """Return whether a name with slashes leads to a place below a folder, on any system."""
    path = PurePosixPath(name)
    is_plain = not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
    return bool(name) and is_plain and os.path.normpath(name) != "."
