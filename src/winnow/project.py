"""Every path of a project. A project is a folder with a `params.yaml`."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from winnow.errors import InputError

PARAMS = "params.yaml"


@dataclass(frozen=True)
class Project:
    """The files between the steps, relative to nothing but the project's own folder."""

    root: Path

    @property
    def params(self) -> Path:
        return self.root / PARAMS

    @property
    def labels(self) -> Path:
        """One row an image; written by `add`, `relabel` and `remove`."""
        return self.root / "data" / "labels.csv"

    @property
    def labels_dvc(self) -> Path:
        """What Git holds instead of `labels.csv` where DVC tracks it (`project.labels: dvc`)."""
        return self.labels.with_name("labels.csv.dvc")

    @property
    def images(self) -> Path:
        """The folder of parts, tracked by DVC as one directory."""
        return self.root / "data" / "images"

    @property
    def images_dvc(self) -> Path:
        return self.root / "data" / "images.dvc"

    @property
    def erased(self) -> Path:
        """The ids of images that were erased on request; `add` refuses them. Tracked by Git."""
        return self.root / "data" / "erased.csv"

    @property
    def quarantine(self) -> Path:
        """What `add` refused, and why. Ignored by Git."""
        return self.root / "data" / "quarantine.csv"

    @property
    def prepared(self) -> Path:
        """Pixels per part, and `index.arrow`; written by `prepare`."""
        return self.root / "data" / "prepared"

    @property
    def data_report(self) -> Path:
        return self.root / "reports" / "data.json"

    @property
    def dvc_lock(self) -> Path:
        """What DVC's stages were built from, and what came of it."""
        return self.root / "dvc.lock"

    @property
    def bundle(self) -> Path:
        return self.root / "models" / "bundle"

    @property
    def onnx(self) -> Path:
        """The model as files that a service runs without torch; written by `export`."""
        return self.root / "models" / "onnx"

    @property
    def curves(self) -> Path:
        """DVCLive's folder; written by `train`."""
        return self.root / "reports" / "train"

    @property
    def predictions(self) -> Path:
        return self.root / "reports" / "predictions.parquet"

    @property
    def metrics(self) -> Path:
        return self.root / "reports" / "metrics.json"

    @property
    def noise(self) -> Path:
        """How much the metrics vary from seed to seed; written by `winnow noise`."""
        return self.root / "reports" / "noise.json"

    @property
    def per_class(self) -> Path:
        return self.root / "reports" / "per_class.csv"

    @property
    def confusion(self) -> Path:
        return self.root / "reports" / "confusion.csv"

    @property
    def reliability(self) -> Path:
        return self.root / "reports" / "reliability.csv"

    @property
    def figures(self) -> Path:
        """The same plots as PNG, drawn offline."""
        return self.root / "reports" / "figures"

    @property
    def gallery(self) -> Path:
        """The local picture gallery. Ignored by Git: pictures stay on this disk."""
        return self.root / "reports" / "gallery.html"

    @property
    def diff_page(self) -> Path:
        """What `winnow diff --html` writes. Ignored by Git, as the gallery."""
        return self.root / "reports" / "diff.html"

    @property
    def checks_page(self) -> Path:
        """What `winnow check --html` writes. Ignored by Git, as the gallery."""
        return self.root / "reports" / "checks.html"

    @property
    def verdict(self) -> Path:
        """What `winnow report` found, as data. Ignored by Git: it depends on another revision."""
        return self.root / "reports" / "verdict.json"

    @property
    def comment(self) -> Path:
        """The same as Markdown, for a comment. Ignored by Git."""
        return self.root / "reports" / "report.md"

    @property
    def report_page(self) -> Path:
        """The same as a page, with pictures. Ignored by Git: pictures stay on this disk."""
        return self.root / "reports" / "report.html"

    @property
    def waivers(self) -> Path:
        """Failed gates that somebody answers for."""
        return self.root / "waivers.yaml"

    @property
    def card_source(self) -> Path:
        """What only the owner knows of the model, for its card."""
        return self.root / "card.yaml"

    @property
    def card(self) -> Path:
        """The model card, as Markdown. Ignored by Git: it follows from files that are not."""
        return self.root / "reports" / "card.md"

    @property
    def card_data(self) -> Path:
        """The model card as data."""
        return self.root / "reports" / "card.json"

    def cost(self, step: str) -> Path:
        """Seconds, memory and device of a step's last run: in Git, but no output of DVC (it never repeats)."""
        return self.root / "reports" / "cost" / f"{step}.json"

    @property
    def custom(self) -> Path:
        """The user's own model, loss, augmentation and metric."""
        return self.root / "custom"

    @property
    def scratch(self) -> Path:
        """Half-written work: staged parts, checkpoints. Ignored by Git and DVC."""
        return self.root / ".winnow"

    @property
    def staging(self) -> Path:
        return self.scratch / "staging"

    @property
    def journal(self) -> Path:
        """What is being published right now, and what DVC does not track yet: read after a kill."""
        return self.scratch / "journal.json"

    @property
    def erasure(self) -> Path:
        """What `erase` has not finished: kept until every object is gone."""
        return self.scratch / "erasure.json"

    @property
    def labels_mark(self) -> Path:
        """The text of `labels.csv.dvc` before a change that DVC has not recorded yet."""
        return self.scratch / "labels.csv.dvc"

    @property
    def pseudonym_key(self) -> Path:
        """The key of `add --pseudonymous`, where it is not in the environment. Ignored by Git."""
        return self.scratch / "pseudonym.key"

    @property
    def source_error(self) -> Path:
        """Why `add --pseudonymous` refused a source: it may hold names, so it is not printed."""
        return self.scratch / "source-error.txt"

    @property
    def lock(self) -> Path:
        """Held by the one command that changes the data set."""
        return self.scratch / "lock"

    def batch_lock(self, folder: Path) -> Path:
        """Held by the one batch prediction that writes into `folder`."""
        digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()
        return self.scratch / f"batch-{digest[:12]}.lock"

    @property
    def checkpoints(self) -> Path:
        return self.scratch / "checkpoints"


def find_project(start: Path | None = None) -> Project:
    """Return the project that holds `start` (default: the working directory).

    Raises InputError when neither it nor any folder above it has a `params.yaml`.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / PARAMS).is_file():
            return Project(folder)
    raise InputError(
        f"expected a {PARAMS} in {here} or above it, found none",
        hint=f"go into the project's folder, or copy one of recipes/*.yaml to {PARAMS}",
    )
