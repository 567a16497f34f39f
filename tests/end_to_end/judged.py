"""A pull request without training: two branches of a project, and pretended models on both."""

import shutil
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from branches import Branches, tiny_id
from predicted import predict, save

from repository import write_params
from winnow.evaluation.predictions import Predictions
from winnow.project import Project

TEST, TRAIN = range(40), range(40, 60)
IGNORED = "/.winnow/\n/reports/verdict.json\n/reports/report.*\n"
METRICS = '{{"schema": 1, "task": "single_label", "accuracy": {}}}'


class PullRequest:
    """A project with 40 test images, whose `topic` is to be judged against `main`.

    Cells of the labels are format strings that get the number of the image.
    """

    def __init__(
        self,
        root: Path,
        *,
        classes: Sequence[str] = ("cat", "dog"),
        cells: tuple[str, str, str] = ("{}.png", "", "site {}"),
        inside: str = "",
        **params: object,
    ) -> None:
        self.made = Branches.create(root / inside)
        if inside:
            shutil.move(root / inside / ".git", root / ".git")
        self.project = self.made.project
        self.root = self.project.root
        self.classes, self.cells = classes, cells
        # Nothing is prepared here: what the checks say is not known.
        write_params(self.root, **{"gate__data": "advisory", **params})
        (self.root / ".gitignore").write_text(IGNORED, encoding="utf-8")
        self.part = self.made.pack(*TEST, *TRAIN)

    def copied(self, root: Path) -> "PullRequest":
        """Return a copy in another folder: faster than its commits."""
        twin = copy(self)
        shutil.copytree(self.root, root)
        twin.made, twin.project, twin.root = Branches(root), Project(root), root
        return twin

    def commit_model(self, wrong: Iterable[int], **files: str) -> str:
        """Commit labels, a model that is wrong about these images, and its metrics."""
        scores = self.write_model(wrong)
        metrics = METRICS.format(scores.decisions.accuracy)
        return self.made.commit(parts=[self.part], **{"reports__metrics_json": metrics, **files})

    def write_labels(self) -> None:
        """Write the labels: classes take turns, every third image has another site."""
        cells = {}
        for split, numbers in (("test", TEST), ("train", TRAIN)):
            for number in numbers:
                cells[tiny_id(number)] = self._cells(number, split)
        self.made.write_labels(cells, ("site",))

    def write_model(self, wrong: Iterable[int]) -> Predictions:
        """Write labels and predictions, with groups and sites as `winnow evaluate` would under `disclose: ids`."""
        self.write_labels()
        scores = self.predictions(wrong)
        save(self.project.predictions, scores)
        return scores

    def predictions(self, wrong: Iterable[int]) -> Predictions:
        """Return what a model says that is wrong about these images."""
        known = {tiny_id(number): self._cells(number, "test") for number in TEST}
        labels = {image: cells[0] for image, cells in known.items()}
        scores = predict(labels, classes=sorted(self.classes), wrong=[tiny_id(number) for number in wrong])
        ids = scores.column("id")
        groups, sites = (pa.array([known[image][place] for image in ids], pa.string()) for place in (2, 4))
        position = scores.table.column_names.index("group")
        table = scores.table.set_column(position, "group", groups).append_column("site", sites)
        return replace(scores, table=table)

    def begin_topic(self) -> None:
        self.made.git("checkout", "-q", "-b", "topic")

    def clone(self, folder: Path, *arguments: str) -> Path:
        """Clone it, on `topic`, as a workflow does."""
        self.made.git("clone", "-q", *arguments, "-b", "topic", self.root.as_uri(), str(folder))
        return folder

    def _cells(self, number: int, split: str) -> tuple[str, ...]:
        name, group, site = self.cells
        label = self.classes[number % len(self.classes)]
        return label, name.format(number), group.format(number // 2), split, site.format(number % 3 == 0)


def open_request(
    root: Path, *, base: Iterable[int] | None = range(6), head: Iterable[int] = range(20), **more: object
) -> PullRequest:
    """Return a pull request with a commit on either side; `base` None: `main` has labels and no model."""
    request = PullRequest(root, **more)  # type: ignore[arg-type]
    if base is None:
        request.write_labels()
        request.made.commit(parts=[request.part])
    else:
        request.commit_model(base)
    request.begin_topic()
    request.commit_model(head)
    return request
