"""A base whose code is a stand-in: a `winnow` that answers `predict --batch` at once, and without torch."""

from collections.abc import Mapping, Sequence

from branches import Branches

MAIN = """
import pathlib, sys
import numpy, pyarrow, pyarrow.parquet

assert sys.argv[1:5:2] == ["predict", sys.argv[3]] and sys.argv[2:5:2] == ["--batch", "--out"], sys.argv
ANSWERS, CLASSES = {answers!r}, {classes!r}
images, shards = map(pathlib.Path, sys.argv[3:6:2])
names = sorted(path.name for path in images.iterdir())
table = {{"path": names, "id": names, "refused": ["Q202 x" if ANSWERS.get(name) == "" else "" for name in names]}}
sure = numpy.array([[0.8 if label == ANSWERS.get(name, CLASSES[0]) else 0.2 for label in CLASSES] for name in names])
table |= {{"prob_" + label: sure[:, place].astype("float32") for place, label in enumerate(CLASSES)}}
shards.mkdir()
pyarrow.parquet.write_table(pyarrow.table(table), shards / "predictions-00000.parquet")
"""


def stand_in(answers: Mapping[str, str] | None = None, classes: Sequence[str] = ("cat", "dog")) -> str:
    """Return a `__main__.py` whose model gives each image (by id) its answer, else the first class, with 0.8.

    It refuses images with an empty answer.
    """
    return MAIN.format(answers=dict(answers or {}), classes=list(classes))


def put_code(made: Branches, main: str) -> None:
    """Put the stand-in's sources, and something like a model, into the work tree."""
    for name, text in {
        "src/winnow/__init__.py": "",
        "src/winnow/__main__.py": main,
        "models/bundle/bundle.json": "{}",
    }.items():
        path = made.project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
