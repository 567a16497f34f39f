"""The model of an earlier commit, run by that commit's own code in a process of its own: nothing here needs torch."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from winnow.errors import InputError, MachineError
from winnow.evaluation.predictions import PREFIX, Predictions, collect
from winnow.evaluation.shards import shard_paths
from winnow.files import write_bytes
from winnow.models.bundle import DESCRIPTION
from winnow.project import Project
from winnow.repository.checkouts import checked_out, same_place
from winnow.repository.outputs import list_folder_at, read_recorded_object

_NO_MODEL = "`dvc push` where it was trained brings it into the remote"
_TOO_OLD = "what it predicts cannot be read: winnow was another one then"


def ask(project: Project, commit: str, images: Path, work: Path) -> Predictions:
    """Return what the model of `commit` says about the files in `images`: ids and probabilities, without labels.

    `work` is an empty folder for the checkout and the shards; the checkout is gone afterwards. Files that the model's
    code refuses are left out. Raises InputError or MachineError where the model or anything that it needs is missing.
    """
    if importlib.util.find_spec("torch") is None:
        raise MachineError("torch is not installed", hint="install the extra `train`")
    with checked_out(project, commit, work) as tree:
        former = same_place(project, tree)
        _fetch_bundle(project, commit, former)
        _predict(former, tree, images, work / "shards")
    return read_shards(work / "shards")


def _fetch_bundle(project: Project, commit: str, former: Project) -> None:
    """Put the model's files into the checkout, unless Git has done so."""
    if (former.bundle / DESCRIPTION).is_file():
        return
    files = list_folder_at(project, commit, project.bundle)
    if not files:
        raise InputError(f"{commit[:12]} recorded no {project.bundle.name}", hint=_NO_MODEL)
    for name, md5 in files.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise InputError(f"expected a file of the model, got {name!r}", hint=_NO_MODEL)
        content = read_recorded_object(project.bundle, md5, f"{name} of the model of {commit[:12]}")
        write_bytes(former.bundle / name, content)


def _predict(former: Project, tree: Path, images: Path, shards: Path) -> None:
    sources = [folder / "src" for folder in (former.root, tree) if (folder / "src" / "winnow").is_dir()]
    path = [*map(str, sources[:1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(  # noqa: S603 - our own interpreter; the code is that of a commit in this repository
        [sys.executable, "-m", "winnow", "predict", "--batch", str(images), "--out", str(shards)],
        cwd=former.root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    # `winnow predict` ends with 1 when it has refused every file.
    if done.returncode:
        # A report shows this: no path of this machine.
        said = _last_error(done.stderr.replace(f"{tree}{os.sep}", "").replace(f"{images.parent}{os.sep}", ""))
        raise InputError(f"its `winnow predict` failed: {said}", hint=_NO_MODEL)


def _last_error(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()] or ["no message"]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines)[-1][:300]


def read_shards(folder: Path) -> Predictions:
    """Return the images of a finished batch that were not refused; InputError where that cannot be read."""
    paths = shard_paths(folder)
    try:
        table = pa.concat_tables(pq.read_table(path) for path in paths)
        table = table.filter(pc.equal(table["refused"], "")).combine_chunks()
        names = [name for name in table.column_names if name.startswith(PREFIX)]
        columns = [table[name].to_numpy() for name in names]
    except (pa.ArrowException, KeyError, ValueError, OSError) as error:
        raise InputError(f"{_TOO_OLD} ({error})", hint=_NO_MODEL) from None
    probabilities = np.stack(columns, axis=1).astype(np.float32) if names else np.empty((0, 0), np.float32)
    return collect(table.select(["id"]), probabilities, [name.removeprefix(PREFIX) for name in names])
