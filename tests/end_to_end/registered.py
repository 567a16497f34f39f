"""A project whose models are registered: real Git, DVC and GTO, and a stage that makes a model without torch."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from branches import Branches, Cells, tiny_id
from history import Text, cache_folder, lock_text, md5
from predicted import predict, save

from repository import call, dvc, write_params
from winnow.project import Project
from winnow.registry.entry import Entry, message_of
from winnow.registry.names import stage_tag, version_tag
from winnow.registry.tags import create_tag, next_counter, read_tags

TEST = range(40)
IGNORED = "/.winnow/\n/reports/verdict.json\n/reports/report.*\n/reports/card.*\n/models/bundle/\n"
DVC_CONFIG = """
[core]
    remote = store
    analytics = false
['remote "store"']
    url = ../../storage
"""

MAKE = """
import pathlib

folder = pathlib.Path("models/bundle")
folder.mkdir(parents=True, exist_ok=True)
knob = pathlib.Path("knob.txt").read_text()
(folder / "model.safetensors").write_bytes(knob.encode() * 500)
(folder / "bundle.json").write_text("{}")
"""
FLOW = """
artifacts:
  classifier: {path: models/bundle, type: model}
stages:
  train:
    cmd: python make.py
    deps: [make.py, knob.txt]
    outs: [models/bundle]
"""
CARD = """
schema: 1
intended_use: telling cats from dogs in tests
not_for: anything that matters
owner: the tests
data_source: drawn by the tests
data_licence: CC0-1.0
known_limits: the images are four pixels wide
power_w: 65
overhead: 1.2
carbon_g_per_kwh: 400
price_per_h: null
"""
METRICS = '{{"schema": 1, "task": "single_label", "accuracy": {}}}'


class Workshop:
    """A folder with a bare repository `origin.git`, DVC's remote `storage`, and the clone `work`.

    All paths in it are relative: a copy of the folder works as the folder does.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "work"
        self.project = Project(self.root)

    @classmethod
    def build(cls, folder: Path, **params: object) -> "Workshop":
        """Make it, without a commit."""
        made = Branches.create(folder / "work")
        shop = cls(folder)
        write_params(shop.root, **{"gate__data": "advisory", **params})  # nothing is prepared here
        call(folder, "git", "init", "-q", "--bare", "-b", "main", "origin.git")
        call(shop.root, "git", "remote", "add", "origin", "../origin.git")
        introduce(shop.root, "ada")
        (folder / "storage").mkdir()
        files = {"make.py": MAKE, "dvc.yaml": FLOW, "card.yaml": CARD, ".gitignore": IGNORED, ".dvcignore": ""}
        for name, text in {**files, ".dvc/config": DVC_CONFIG}.items():
            (shop.root / name).write_text(text, encoding="utf-8")
        made.write_labels(labels())
        shop.project.images_dvc.write_text(made.images_dvc([made.pack(*TEST)]), encoding="utf-8")
        return shop

    def copy(self, folder: Path) -> "Workshop":
        shutil.copytree(self.folder, folder, symlinks=True)
        return Workshop(folder)

    def commit_model(self, knob: str, wrong: Iterable[int], *, by_dvc: bool = False, is_pushed: bool = True) -> str:
        """Change the knob, make the model, pretend what it answers, and commit; return the commit.

        `by_dvc`: DVC runs the stage and pushes. Else its files are written as DVC would.
        """
        scores = predict(
            {image: cells[0] for image, cells in labels().items()}, wrong=[tiny_id(each) for each in wrong]
        )
        save(self.project.predictions, scores)
        self.project.metrics.write_text(METRICS.format(scores.decisions.accuracy), encoding="utf-8")
        (self.root / "knob.txt").write_text(knob, encoding="utf-8")
        if by_dvc:
            dvc(self.root, "repro", "-q")
            dvc(self.root, "push", "-q")
        else:
            files: dict[str, Text] = {"bundle.json": "{}", "model.safetensors": knob * 500}
            (self.root / "dvc.lock").write_text(self.lock(files), encoding="utf-8")
            if is_pushed:
                shutil.copytree(self.root / ".dvc/cache/files", self.folder / "storage/files", dirs_exist_ok=True)
        return self.commit(f"knob {knob}")

    def lock(self, files: dict[str, Text]) -> str:
        """Put a model into DVC's cache, and return the `dvc.lock` that records it."""
        out = cache_folder(self.root, files)
        deps = {name: (self.root / name).read_bytes() for name in ("knob.txt", "make.py")}
        hashes = {name: {"hash": "md5", "md5": md5(each), "size": len(each)} for name, each in deps.items()}
        return lock_text({"train": {"cmd": "python make.py", "deps": hashes, "outs": {"models/bundle": out}}})

    def commit(self, message: str = "change") -> str:
        """Commit all that lies here, and push it."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", "origin", "HEAD:main")
        self.git("fetch", "-q", "origin")
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str, status: int = 0) -> str:
        return call(self.root, "git", *arguments, status=status).strip()

    def clone(self, name: str) -> Path:
        """Return another person's clone."""
        call(self.folder, "git", "clone", "-q", "origin.git", name)
        introduce(self.folder / name, name)
        return self.folder / name

    def tags(self) -> list[str]:
        """Return the tags that the shared repository has."""
        return call(self.folder / "origin.git", "git", "tag").split()


def build_two(folder: Path) -> Workshop:
    """Return a workshop whose second model is better; tests copy it before they change it."""
    shop = Workshop.build(folder)
    shop.commit_model("1", range(10))
    shop.commit_model("2", range(3))
    return shop


def introduce(root: Path, name: str) -> None:
    """Give a clone an author, whatever the machine's own settings are."""
    settings = {
        "user.name": name,
        "user.email": f"{name}@example.org",
        "commit.gpgSign": "false",
        "tag.gpgSign": "false",
    }
    for key, value in settings.items():
        call(root, "git", "config", key, value)


def labels() -> dict[str, Cells]:
    """Return labels of the test images, cats and dogs in turn."""
    return {tiny_id(number): (("cat", "dog")[number % 2], f"{number}.png", "", "test") for number in TEST}


def entry_for(commit: str, version: str = "v1.0.0", **more: object) -> Entry:
    """Return a record as `winnow register` would write it, without having judged anything."""
    content: dict[str, object] = {
        "action": "register",
        "artifact": "classifier",
        "version": version,
        "stage": None,
        "commit": commit,
        "base": None,
        "data_hash": "0" * 64,
        "lock_sha256": "1" * 64,
        "metric": "accuracy",
        "metrics": {"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95}},
        "call": "better",
        "reason": "7 fixed and 0 broken images",
        "gates": [{"id": "primary", "level": "required", "result": "pass"}],
        "against": None,
        "files": {"bundle/bundle.json": {"sha256": "2" * 64, "num_bytes": 2}},
        "latency_p95_ms": None,
        "override": None,
    }
    return Entry.model_validate({**content, **more})


def tag_model(project: Project, entry: Entry, ref: str | None = None) -> str:
    """Make the tag of an entry, whatever speaks against it; return its name."""
    tags = read_tags(project, entry.artifact)
    name = version_tag(entry.artifact, entry.version)
    if entry.stage:
        name = stage_tag(entry.artifact, entry.stage, next_counter(tags))
    create_tag(project, ref or name, entry.commit, message_of(entry), tags)
    return ref or name


def promote_quietly(project: Project, commit: str, version: str, stage: str = "production", **more: object) -> str:
    """Assign a stage without judging anything; return the tag."""
    return tag_model(project, entry_for(commit, version, **{"action": "promote", "stage": stage, **more}))
