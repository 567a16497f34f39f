"""A project whose models are registered: real Git, DVC and GTO, and a stage that makes a model at once, without torch."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from branches import Branches, Cells, tiny_id
from predicted import predict, save

from repository import call, dvc, write_params
from winnow.project import Project

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
    def build(cls, folder: Path) -> "Workshop":
        """Make it, without a commit."""
        made = Branches.create(folder / "work")
        shop = cls(folder)
        write_params(shop.root, gate__data="advisory")  # nothing is prepared here
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

    def commit_model(self, knob: str, wrong: Iterable[int], *, is_pushed: bool = True) -> str:
        """Change the knob, let DVC make the model, pretend what it answers, and commit; return the commit."""
        scores = predict({image: cells[0] for image, cells in labels().items()}, wrong=[tiny_id(each) for each in wrong])
        save(self.project.predictions, scores)
        self.project.metrics.write_text(METRICS.format(scores.decisions.accuracy), encoding="utf-8")
        (self.root / "knob.txt").write_text(knob, encoding="utf-8")
        dvc(self.root, "repro", "-q")
        if is_pushed:
            dvc(self.root, "push", "-q")
        return self.commit(f"knob {knob}")

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


def introduce(root: Path, name: str) -> None:
    """Give a clone an author, whatever the machine's own settings are."""
    settings = {"user.name": name, "user.email": f"{name}@example.org", "commit.gpgSign": "false"}
    for key, value in settings.items():
        call(root, "git", "config", key, value)


def labels() -> dict[str, Cells]:
    """Return labels of the test images, cats and dogs in turn."""
    return {tiny_id(number): (("cat", "dog")[number % 2], f"{number}.png", "", "test") for number in TEST}
