"""A registered model taken out of a repository: found by its tag, fetched by its commit, checked by its record."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from winnow.attestation import FILE, Attestation, require_files, write_attestation
from winnow.errors import CheckError, MachineError, UsageError
from winnow.files import disk_errors, read_json
from winnow.project import Project
from winnow.registry.entry import Entry
from winnow.registry.history import Event, read_history
from winnow.registry.model_files import fetch_model, project_of
from winnow.registry.names import Address, parse_address
from winnow.registry.signatures import Signature, require_signature
from winnow.registry.tags import read_tags
from winnow.repository.git import call_git, git_root
from winnow.verdict.record.evidence import Estimate

_HINT = "winnow pull-model writes it"


@dataclass(frozen=True)
class Pulled:
    """A model that lies on this disk."""

    artifact: str
    version: str
    tag: str
    commit: str
    signature: Signature
    folder: Path
    was_there: bool


@contextmanager
def find_source(repository: str | None) -> Iterator[Project]:
    """Yield the repository to pull from: the one here, a clone in another folder, or a Git address, cloned for now.

    Raises UsageError for no repository, MachineError for an address that cannot be cloned.
    """
    if repository is None or Path(repository).is_dir():
        yield Project(git_root(Project(Path(repository or ".").resolve())))
        return
    with TemporaryDirectory(prefix="winnow-") as folder:
        here = Project(Path(folder))
        cloned = call_git(here, "clone", "--quiet", "--", repository, "clone")
        if cloned.returncode:
            said = " ".join(cloned.stderr.decode(errors="replace").split())[:300]
            raise MachineError(f"git clone failed: {said}", hint="a folder, or an address that git can clone")
        yield Project(Path(folder) / "clone")


def pull(source: Project, name: str, out: Path | None, *, is_signature_required: bool) -> Pulled:
    """Write the model that `name` asks for; see `winnow.commands.pull_model` for the errors."""
    address = parse_address(name)
    history = read_history(address.artifact, read_tags(source))
    version = history.find(address)
    event = history.versions[version]
    signature = require_signature(source, event.tag, is_required=is_signature_required)
    if address.stage and (assignment := history.assignment(address.stage)):
        require_signature(source, assignment.tag, is_required=is_signature_required)
    entry = _recorded(event)
    folder = out or source.root / ".winnow" / "models" / f"{address.artifact.replace(':', '-')}-{version}"
    was_there = folder.is_dir() and any(folder.iterdir())
    if was_there:
        _require_this(folder, entry)
    else:
        attestation = Attestation(
            tag=event.tag.ref, commit=entry.commit, signature=signature, files=entry.files, metrics=_flat(entry.metrics)
        )
        _place(source, address, attestation, folder)
    return Pulled(address.artifact, version, event.tag.ref, entry.commit, signature, folder, was_there)


def _recorded(event: Event) -> Entry:
    if isinstance(event.entry, str):
        raise CheckError(
            event.entry, hint="only what `winnow register` recorded can be checked: dvc get fetches any file"
        )
    return event.entry


def _flat(metrics: dict[str, Estimate]) -> dict[str, float]:
    """Return metrics as `reports/metrics.json` has them: the ends of an interval beside its value."""
    ends = {name: {"": each.value, "_low": each.low, "_high": each.high} for name, each in metrics.items()}
    return {f"{name}{end}": value for name, each in ends.items() for end, value in each.items() if value is not None}


def _place(source: Project, address: Address, attestation: Attestation, folder: Path) -> None:
    """Fill the folder at once, when everything has arrived and fits."""
    project = project_of(source, attestation.commit, address)
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".pull-", dir=folder.parent) as scratch:
            arrived = Path(scratch) / "model"
            fetch_model(project, attestation.commit, arrived)
            require_files(arrived, attestation.files)
            write_attestation(arrived, attestation)
            shutil.rmtree(folder, ignore_errors=True)
            arrived.rename(folder)


def _require_this(folder: Path, entry: Entry) -> None:
    """Raise UsageError when something else lies in the folder, CheckError when the model there was changed."""
    source = folder / FILE
    held = Attestation.from_dict(read_json(source, hint=_HINT), FILE) if source.is_file() else None
    if held is None or held.files != entry.files:
        raise UsageError(f"expected an empty folder, got {folder}", hint="name another one with --out, or remove it")
    require_files(folder, entry.files)
