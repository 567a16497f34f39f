"""What a run hands over: records as files, and the objects of DVC that the change brings, laid out as DVC's cache."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from winnow.errors import UsageError
from winnow.files import disk_errors, write_json
from winnow.logs import logger
from winnow.project import Project
from winnow.pull_request.record import RUN_FILE, VERDICT_FILE, DataRun, PipelineRun
from winnow.repository.git import read_at
from winnow.repository.listings import open_repo
from winnow.repository.outs import files_first, find_outs, here, is_folder, md5s_of_lock, object_path, parse_folder
from winnow.verdict.record.verdict import Verdict

OBJECTS = Path("files", "md5")


@dataclass(frozen=True)
class Handover:
    """The folder that a run hands over, and which of its projects this is."""

    out: Path
    number: int

    def place(self, kind: str) -> Path:
        """Return the folder of this project's part."""
        return self.out / kind / str(self.number)

    def give_verdict(self, run: PipelineRun, verdict: Verdict | None) -> None:
        """Write what the pipeline came to, and the verdict on its model."""
        with disk_errors(self.out):
            write_json(self.place("verdict") / RUN_FILE, run.model_dump(mode="json"))
            write_json(self.place("records") / RUN_FILE, run.model_dump(mode="json"))
            if verdict:
                write_json(self.place("verdict") / VERDICT_FILE, verdict.model_dump(mode="json"))

    def give_data(self, run: DataRun) -> None:
        """Write what there is to say of the data."""
        with disk_errors(self.out):
            write_json(self.place("data") / RUN_FILE, run.model_dump(mode="json"))

    def give_records(self, project: Project) -> None:
        """Copy `dvc.lock`, all outputs that Git holds, and what the stages cost: to be committed without a run."""
        with open_repo(project) as repo:
            in_git = [out.path for out in find_outs(repo, project) if out.is_in_git]
            in_git += [project.cost(stage.name) for stage in repo.index.stages if not stage.is_data_source]
        with disk_errors(self.out):
            for path in (project.dvc_lock, *in_git):
                for file in _plain_files(path):
                    target = self.place("records") / "files" / file.relative_to(project.root.resolve())
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, target)

    def give_objects(self, project: Project, base: str) -> tuple[int, int]:
        """Lay out the objects that the lock names and the base's lock does not; return their number and bytes."""
        with open_repo(project) as repo:
            cache = Path(repo.cache.local.path)
            outs = [out for out in find_outs(repo, project) if out.of_stage and out.is_pushed and out.md5]
        new = _new_objects(cache, {out.md5 for out in outs}, read_at(project, base, project.dvc_lock))
        with disk_errors(self.out):
            sizes = [_link(object_path(cache, md5), object_path(self.out / "objects" / OBJECTS, md5)) for md5 in new]
            if new:
                self.place("objects").mkdir(parents=True, exist_ok=True)
                shutil.copyfile(project.dvc_lock, self.place("objects") / project.dvc_lock.name)
        return len(sizes), sum(sizes)


def empty_folder(out: Path) -> Path:
    """Return the folder to hand over, which is made. Raises UsageError where it exists and is not empty."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"expected an empty folder for what is handed over, got {out}", hint="name another one")
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    return out.resolve()


def _new_objects(cache: Path, md5s: set[str], base_lock: bytes | None) -> list[str]:
    """Return what is new, files before the lists that name them."""
    old = md5s_of_lock(base_lock, "the base's dvc.lock") if base_lock else set()
    known = set(here(cache, old))
    wanted = set(_expanded(cache, md5s - known)) - known
    return files_first(wanted)


def _expanded(cache: Path, md5s: set[str]) -> Iterator[str]:
    """Yield objects that the cache has, with the files of folders."""
    for md5 in sorted(md5s):
        path = object_path(cache, md5)
        if not path.is_file():
            logger.warning("the object %s, which dvc.lock names, is not in DVC's cache: it is not handed over", md5)
            continue
        yield md5
        if is_folder(md5):
            inner = parse_folder(path.read_bytes(), f"the object {md5}").values()
            yield from _expanded(cache, set(inner))


def _plain_files(path: Path) -> list[Path]:
    """Return a file, or the files of a folder, without links."""
    found = sorted(path.rglob("*")) if path.is_dir() and not path.is_symlink() else [path]
    return [each for each in found if each.is_file() and not each.is_symlink()]


def _link(source: Path, target: Path) -> int:
    """Put an object there without copying where the disk can; return its bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        pass  # another project made the same
    except OSError:
        shutil.copyfile(source, target)
    return target.stat().st_size
