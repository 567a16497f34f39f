"""Learning curves as DVCLive writes them: one TSV a metric and the last values as JSON, for `dvc plots` and editors."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from dvclive.live import Live

from winnow.files import disk_errors, fresh_folder


class _LocalLive(Live):
    """DVCLive that writes files and does nothing else.

    Out of the box it opens the DVC repository (and, where there is none, makes one in the Git root), and posts every
    value to DVC Studio when a token lies around. Curves of a private data set go to nobody.
    """

    def _init_dvc(self) -> None:
        self._dvc_file = "dvc.yaml"

    def _init_studio(self) -> None:
        self._studio_events_to_skip |= {"start", "data", "done"}

    def post_data_to_studio(self) -> None:
        pass


class Curves:
    """A context manager that adds one row a call; the folder is emptied first.

    The same rows give the same bytes: a resumed run writes its history again and goes on. Nothing in the files
    depends on the clock.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        fresh_folder(self.folder)
        with disk_errors(self.folder):
            self._live = _LocalLive(dir=str(self.folder), report=None, save_dvc_exp=False, dvcyaml=None)
        return self

    def log(self, step: int, row: Mapping[str, float]) -> None:
        """Write `row` (metric name, with `/` between folders, to value) for `step`."""
        with disk_errors(self.folder):
            self._live.step = step
            for name, value in row.items():
                self._live.log_metric(name, value)
            self._live.make_summary()  # type: ignore[no-untyped-call]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.end()  # type: ignore[no-untyped-call]
