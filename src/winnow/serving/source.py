"""Which file is served, and what is known about it: found in a folder, checked against its attestation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.attestation import FILE, Attestation, require_attested
from winnow.config import read_section
from winnow.errors import InputError, UsageError
from winnow.files import read_json
from winnow.project import PARAMS, Project
from winnow.project_config import ProjectConfig
from winnow.runtime import INT8_MODEL, MODEL, PARITY

CARD = "card.json"
FOLDER = "onnx"

_HINT = "a folder that `winnow pull-model` wrote, models/onnx after `winnow export`, or an .onnx file"


@dataclass(frozen=True)
class Source:
    """A model that lies on this disk."""

    path: Path
    """The file that onnxruntime loads."""

    name: str
    version: str | None
    """None for a model that was never registered."""

    commit: str | None
    signature: str | None
    metrics: dict[str, Any] | None
    card: dict[str, Any] | None

    @property
    def address(self) -> str | None:
        """NAME@VERSION, None for a model that was never registered."""
        return f"{self.name}@{self.version}" if self.version else None


def find_source(target: Path) -> Source:
    """Return the model in a folder or file.

    `target` is a folder with `onnx/` inside (a pulled model, a project's `models/`), that folder itself, the bundle
    beside it, or the file. Raises InputError for anything else, CheckError for files that are not those registered.
    """
    path = _find_file(target)
    folder = path.parent
    require_attested(folder)
    attestation = _attestation(folder.parent / FILE)
    project = Project(folder.parent.parent)
    is_own = (project.root / PARAMS).is_file() and folder == project.onnx
    name, version = _identity(attestation) if attestation else (_own_name(project) if is_own else "classifier", None)
    metrics: dict[str, Any] | None = dict(attestation.metrics) if attestation and attestation.metrics else None
    if is_own:
        metrics = metrics or _read_optional(project.metrics)
    return Source(
        path=path,
        name=name,
        version=version,
        commit=attestation.commit if attestation else None,
        signature=attestation.signature if attestation else None,
        metrics=metrics,
        card=_read_optional(project.card_data if is_own else folder.parent / CARD),
    )


def require_model(source: Source, expected: str | None) -> None:
    """Raise UsageError when another model was asked for (NAME@VERSION); None: any will do."""
    if expected and source.address != expected:
        found = source.address or f"{source.name}, which is not registered"
        raise UsageError(f"expected the model {expected}, found {found}", hint="WINNOW_MODEL says which one it must be")


def _find_file(target: Path) -> Path:
    target = target.absolute()
    if target.is_file() and target.suffix == ".onnx":
        return target
    for folder in (target, target / FOLDER, target.parent / FOLDER if target.name == "bundle" else target):
        if (folder / MODEL).is_file():
            return folder / _served_name(folder)
    raise InputError(f"expected an exported model in {target}, found none", hint=_HINT)


def _served_name(folder: Path) -> str:
    """Return which of the files is meant to serve: the int8 one, unless export found that it loses too much."""
    if not (folder / PARITY).is_file():
        return MODEL
    served = read_json(folder / PARITY, hint="winnow export writes it").get("served", MODEL)
    if served not in (MODEL, INT8_MODEL) or not (folder / served).is_file():
        raise InputError(f"{folder / PARITY} says that {served!r} is served, which is not there", hint=_HINT)
    return str(served)


def _attestation(path: Path) -> Attestation | None:
    return Attestation.from_dict(read_json(path, hint=_HINT), FILE) if path.is_file() else None


def _identity(attestation: Attestation) -> tuple[str, str]:
    """Return name and version by the tag: `projects/moles=classifier@v1.2.0` names `projects/moles:classifier`."""
    name, _, version = attestation.tag.rpartition("@")
    if not name or not version:
        raise InputError(f"{FILE}: expected a tag NAME@VERSION, got {attestation.tag!r}", hint=_HINT)
    return name.replace("=", ":"), version


def _own_name(project: Project) -> str:
    return read_section(project, "project", ProjectConfig).name


def _read_optional(path: Path) -> dict[str, Any] | None:
    return read_json(path, hint="remove it, or write it again") if path.is_file() else None
