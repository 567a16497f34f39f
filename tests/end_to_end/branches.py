"""A project on several Git branches, with small parts, made without calling DVC: its files are written as DVC would."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from repository import CHECKOUT, call, environment
from winnow.data.labels import Labels, read_labels, write_labels
from winnow.data.parts import ImageRecord, PartWriter, image_id
from winnow.ingest.png import encode_gray
from winnow.project import Project

Cells = tuple[str, ...]


def tiny_png(number: int) -> bytes:
    """Return a 4 x 4 PNG that differs for every number below 2**16."""
    return encode_gray(number.to_bytes(2, "big") * 8, width=4, height=4)


@cache
def tiny_id(number: int) -> str:
    return image_id(tiny_png(number))


def rows(numbers: Iterable[int], label: str = "cat") -> dict[str, Cells]:
    """Return `id -> label, name, group, split` of tiny images."""
    return {tiny_id(number): (label, f"{number}.png", "", "") for number in numbers}


class Branches:
    """A Git repository with a project, and DVC's cache, that one test changes and merges."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root)
        self.objects = root / ".dvc" / "cache" / "files" / "md5"

    @classmethod
    def create(cls, root: Path) -> "Branches":
        """Make the repository, on branch main, without a commit."""
        (root / ".dvc").mkdir(parents=True)
        (root / ".dvc" / "config").touch()
        (root / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n", encoding="utf-8")
        (root / ".gitignore").write_text("/.winnow/\n", encoding="utf-8")
        (root / "data").mkdir()
        (root / "data" / ".gitignore").write_text("/images\n", encoding="utf-8")
        for name in (".gitattributes", "params.yaml"):
            shutil.copy(CHECKOUT / name, root / name)
        made = cls(root)
        made.git("init", "-q", "-b", "main")
        return made

    def git(self, *arguments: str, status: int = 0) -> str:
        return call(self.project.root, "git", *arguments, status=status).strip()

    def stops(self, *arguments: str) -> None:
        """Run a Git command that must stop at conflicts."""
        done = subprocess.run(["git", *arguments], cwd=self.project.root, env=environment(), check=False)
        assert done.returncode == 1, f"git {arguments} ended with {done.returncode}"

    def pack(self, *numbers: int) -> str:
        """Make a part of tiny images, in the folder and in the cache; return its file name."""
        self.project.images.mkdir(exist_ok=True)
        with PartWriter(folder=self.project.images, part_size_bytes=1 << 20) as writer:
            for number in numbers:
                writer.add(ImageRecord(tiny_id(number), tiny_png(number), "PNG", "L", 4, 4))
        [part] = writer.parts
        self.put(part.read_bytes())
        return part.name

    def put(self, content: bytes, suffix: str = "") -> str:
        """Put an object into the cache; return its hash."""
        md5 = hashlib.md5(content).hexdigest() + suffix
        (self.objects / md5[:2]).mkdir(parents=True, exist_ok=True)
        (self.objects / md5[:2] / md5[2:]).write_bytes(content)
        return md5

    def images_dvc(self, parts: Iterable[str]) -> str:
        """Return the `images.dvc` of these parts, which lie in the folder, and put their listing into the cache."""
        paths = [self.project.images / name for name in sorted(parts)]
        listing = [{"md5": hashlib.md5(path.read_bytes()).hexdigest(), "relpath": path.name} for path in paths]
        md5 = self.put(json.dumps(listing, sort_keys=True).encode(), ".dir")
        size = sum(path.stat().st_size for path in paths)
        return f"outs:\n- md5: {md5}\n  size: {size}\n  nfiles: {len(paths)}\n  hash: md5\n  path: images\n"

    def commit(
        self,
        labels: Mapping[str, Cells] | Labels | None = None,
        *,
        parts: Iterable[str] | None = None,
        further: tuple[str, ...] = (),
        **files: str,
    ) -> str:
        """Write labels, parts and `files` (`__` for `/`, `_` for `.`) and commit them; return the commit."""
        if labels is not None:
            self.write_labels(labels, further)
        if parts is not None:
            self.project.images_dvc.write_text(self.images_dvc(parts), encoding="utf-8")
        for name, text in files.items():
            path = self.project.root / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"on {self.git('branch', '--show-current') or 'a detached head'}")
        return self.git("rev-parse", "HEAD")

    def write_labels(self, labels: Mapping[str, Cells] | Labels, further: tuple[str, ...] = ()) -> None:
        if not isinstance(labels, Labels):
            labels = Labels.from_rows(((image, *cells) for image, cells in labels.items()), further)
        write_labels(self.project.labels, labels)

    def labels(self) -> dict[str, Cells]:
        """Return the labels in the work tree."""
        return {row[0]: row[1:] for row in read_labels(self.project.labels).rows()}

    def set_remote(self, folder: Path) -> None:
        """Make `folder` the default remote, with all that the cache holds now."""
        shutil.copytree(self.objects, folder / "files" / "md5", dirs_exist_ok=True)
        text = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {folder}\n"
        (self.project.root / ".dvc" / "config.local").write_text(text, encoding="utf-8")
