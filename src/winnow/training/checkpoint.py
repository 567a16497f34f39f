"""Checkpoints: one safetensors file per run, replaced atomically, verified when read. Never a pickle."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from winnow.errors import InputError
from winnow.files import replacing
from winnow.logs import logger
from winnow.schema import require_stamp, stamp
from winnow.training.state import State, Tensors

_FILE = "checkpoint.safetensors"
_HEADER = "winnow"
_KEY_DIGITS = 20
_NUM_FOREIGN_KEPT = 2


def run_key(ingredients: Mapping[str, Any], start: State) -> str:
    """Return 20 hex digits that change with whatever decides a run's bytes.

    That is anything in `ingredients` (plain data), and the weights of `start`: a file of published weights may change.
    """
    text = json.dumps({**ingredients, "start": _digest(start.tensors())}, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:_KEY_DIGITS]


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoint of the run `key`, beside those of other runs in `folder`."""

    folder: Path
    key: str

    @property
    def path(self) -> Path:
        """The one file. Its folder is the run's own, so that removing the run is removing the folder."""
        return self.folder / self.key / _FILE

    def save(self, state: State) -> None:
        """Replace the checkpoint by `state`: after a crash there is the old one or the new one."""
        tensors = state.tensors()
        content = {"key": self.key, "progress": state.progress_as_dict(), "sha256": _digest(tensors)}
        with replacing(self.path) as temporary:
            save_file(tensors, temporary, metadata={_HEADER: json.dumps(stamp(content), allow_nan=False)})

    def restore(self, state: State) -> bool:
        """Bring `state` to the checkpoint, if there is a sound one, and return whether there was.

        A damaged checkpoint is set aside with a warning: the run starts over, which costs time and no result.
        """
        if not self.path.is_file():
            return False
        try:
            tensors, progress = self._read()
        except InputError as error:
            aside = self.path.with_suffix(".damaged")
            self.path.replace(aside)
            logger.warning("%s: set aside as %s, training starts over", error.message, aside.name)
            return False
        state.restore(tensors, progress)
        return True

    def _read(self) -> tuple[Tensors, dict[str, Any]]:
        """Return tensors and progress; raises InputError for anything but what `save` wrote."""
        try:
            with safe_open(self.path, framework="pt") as stream:
                content = json.loads((stream.metadata() or {})[_HEADER])
                tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 - not a dict
            require_stamp(content, self.path)
            intact = content["sha256"] == _digest(tensors)
            progress = dict(content["progress"])
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"the checkpoint {self.path} is damaged ({error})") from error
        if not intact:
            raise InputError(f"the checkpoint {self.path} is damaged (its checksum differs)")
        return tensors, progress

    def prune(self) -> None:
        """Remove the checkpoints of other runs but the two newest: somebody may return to their parameters."""
        if not self.folder.is_dir():
            return
        foreign = [folder for folder in self.folder.iterdir() if folder.is_dir() and folder.name != self.key]
        newest_first = sorted(foreign, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
        for folder in newest_first[_NUM_FOREIGN_KEPT:]:
            shutil.rmtree(folder)

    def remove(self) -> None:
        """Remove this run's checkpoint: its result is safe elsewhere."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def _digest(tensors: Tensors) -> str:
    """Return the SHA-256 over names and values; safetensors itself notices a cut file but not a flipped bit."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode("utf-8"))
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
