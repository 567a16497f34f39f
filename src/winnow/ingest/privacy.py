"""What `add` withholds: names, groups in clear, and what images say beside the picture."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from winnow.data.labels import Labels
from winnow.errors import InputError, UsageError
from winnow.files import write_text
from winnow.ingest.config import AddConfig
from winnow.ingest.metadata import StrippedSource
from winnow.ingest.pseudonyms import Pseudonyms, in_clear, read_pseudonyms, require_no_mixture
from winnow.ingest.source_item import Source
from winnow.project import Project


@dataclass(frozen=True)
class Withheld:
    """What a command line asks for; it adds to what `params.yaml` says and takes nothing from it."""

    pseudonymous: bool = False
    strip_metadata: bool = False

    def joined(self, config: AddConfig) -> AddConfig:
        """Return the parameters with the flags in them."""
        flags = {
            "pseudonymous": self.pseudonymous or config.pseudonymous,
            "strip_metadata": self.strip_metadata or config.strip_metadata,
        }
        return config.model_copy(update=flags)


def open_private(project: Project, open_source: Callable[[], Source], config: AddConfig) -> Source:
    """Return the source, its images to be stripped where `config` says so. Errors as `open_source`.

    With pseudonyms, an error's text goes into a file of this machine: it quotes names of files and cells of tables.
    """
    with _silenced(project) if config.pseudonymous else _as_it_is():
        source = open_source()
    return StrippedSource(source) if config.strip_metadata else source


def own_pseudonyms(project: Project, labels: Labels, config: AddConfig) -> Pseudonyms | None:
    """Return the pseudonyms of the project's key, None where groups stay as they are.

    Raises ConfigError without a usable key, UsageError where `labels` has pseudonyms of another one.
    """
    if not config.pseudonymous:
        return None
    pseudonyms = read_pseudonyms(project)
    pseudonyms.require_own(labels)
    return pseudonyms


def conceal(new: Labels, old: Labels, pseudonyms: Pseudonyms | None) -> Labels:
    """Return the new rows as they may enter `old`. Raises UsageError where one patient could land in two splits."""
    if pseudonyms is None:
        require_no_mixture(new, old)
        return new
    rows = pseudonyms.applied(new)
    pseudonyms.require_apart(rows, old)
    return rows


def told(new: Labels, old: Labels, config: AddConfig) -> list[str]:
    """Return what to say about the rows that were taken in: what was kept, and what is still there in clear."""
    if not config.pseudonymous:
        return []
    kept = ", ".join(f"`{name}`" for name in new.further)
    notes = ["names were left out, groups are pseudonyms; the key is not in the repository: keep it safe"]
    notes += [f"kept as they are, so look whether they name anybody: {kept}"] if kept else []
    num_names = sum(map(bool, old.column("name")))
    num_groups = len(in_clear(old))
    if num_names or num_groups:
        notes.append(f"from earlier, data/labels.csv has {num_names} names and {num_groups} groups in clear")
    return notes


@contextmanager
def _silenced(project: Project) -> Iterator[None]:
    try:
        yield
    except (InputError, UsageError) as error:
        write_text(project.source_error, f"{error}\n")
        raise type(error)(
            "the source cannot be taken in as it is; why may name somebody, so it is not printed",
            hint=f"{project.source_error} says it, on this machine only",
        ) from None


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield
