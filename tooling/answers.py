"""A bundle and its answers about fixed images, noted on one system and compared on another."""

import json
import shutil
from pathlib import Path
from typing import Any

from invoke import Exit

from tooling.digits import lay_out, write_params
from tooling.running import ROOT, must, say

ANSWERS = ROOT / "dist" / "answers"
SCRATCH = ROOT / ".winnow" / "answers"
EPOCHS = 2
NUM_IMAGES = 40
NUM_CLASSES = 10
# Sums in another order differ in the seventh digit, and a few layers make that the fifth. A wrong channel order,
# resampling or normalization moves probabilities by tenths.
TOLERANCE = 1e-3
Answer = dict[str, Any]


def write_answers() -> None:
    """Train briefly on the digits, and note what the model says about some of them, in `ANSWERS`."""
    for folder in (ANSWERS, SCRATCH):
        shutil.rmtree(folder, ignore_errors=True)
    lay_out(SCRATCH, with_git=False)
    write_params(SCRATCH, epochs=EPOCHS)
    for words in (["add", "--no-track", "sklearn:digits"], ["prepare"], ["train"], ["images", "export", "pictures"]):
        must("winnow", *words, folder=SCRATCH)
    shutil.copytree(SCRATCH / "models" / "bundle", ANSWERS / "bundle")
    (ANSWERS / "images").mkdir()
    for path in some(sorted(SCRATCH.glob("pictures/*/*.*")), NUM_IMAGES):
        shutil.copy(path, ANSWERS / "images" / f"{path.parent.name}-{path.name}")
    note(ANSWERS)


def note(folder: Path) -> None:
    """Write what the bundle in `folder` says about the images beside it; drop an image that it is not sure about."""
    kept = []
    for answer in ask(folder):
        if is_clear(answer):
            kept.append(answer)
        else:
            (folder / "images" / answer["image"]).unlink()
    if not kept:
        raise Exit("the model is not sure about any image: it has learned nothing", code=1)
    text = json.dumps({"tolerance": TOLERANCE, "answers": kept}, indent=1)
    (folder / "answers.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")
    say(f"{folder.name}: {len(kept)} images, each with the probabilities of {len(kept[0]['probabilities'])} classes")


def compare_answers(folder: Path = ANSWERS) -> None:
    """Ask the bundle in `folder` again; end with exit code 1 where it says something else than was noted."""
    path = folder / "answers.json"
    if not path.is_file():
        raise Exit(f"expected noted answers in {folder}\nhint: python tasks.py answers --write", code=2)
    noted = json.loads(path.read_text(encoding="utf-8"))
    problem, worst = judge(noted["answers"], ask(folder), noted["tolerance"])
    if problem:
        raise Exit(problem, code=1)
    say(f"the same {len(noted['answers'])} top classes; probabilities differ by at most {worst:.1e} {allowed(noted)}")


def allowed(noted: Answer) -> str:
    """Return the tolerance in words."""
    return f"(allowed: {noted['tolerance']:.0e})"


def judge(noted: list[Answer], found: list[Answer], tolerance: float) -> tuple[str, float]:
    """Return what is wrong with the answers that were found, if anything, and the worst difference of a probability."""
    if [each["image"] for each in noted] != [each["image"] for each in found]:
        return "these are not the images that the answers were noted for", 1.0
    pairs = list(zip(noted, found, strict=True))
    worst, image = max((difference(old, new), old["image"]) for old, new in pairs)
    moved = [old["image"] for old, new in pairs if top_of(old) != top_of(new)]
    said = f"the worst difference of a probability is {worst:.6f} ({image}), allowed is {tolerance}"
    if moved:
        return f"{len(moved)} of {len(noted)} images have another top class, such as {moved[0]}; {said}", worst
    return ("" if worst <= tolerance else said), worst


def difference(old: Answer, new: Answer) -> float:
    """Return the largest difference between two answers' probabilities of a class."""
    before: dict[str, float] = old["probabilities"]
    after: dict[str, float] = new["probabilities"]
    return max(abs(before.get(label, 0.0) - after.get(label, 0.0)) for label in {*before, *after})


def is_clear(answer: Answer) -> bool:
    """Return whether no difference within the tolerance can change the top class."""
    first, second = sorted(answer["probabilities"].values(), reverse=True)[:2]
    return bool(first - second > 2 * TOLERANCE)


def top_of(answer: Answer) -> str:
    """Return the most probable class."""
    probabilities = answer["probabilities"]
    return str(max(probabilities, key=probabilities.__getitem__))


def ask(folder: Path) -> list[Answer]:
    """Return the bundle's probabilities for each image in `folder`, in the order of their names."""
    from winnow.commands.predict import predict
    from winnow.project import Project

    images = sorted((folder / "images").iterdir())
    records = predict(Project(ROOT), images, top=NUM_CLASSES, model=folder / "bundle").records()
    if refused := [f"{record['path']}: {record['error']}" for record in records if "error" in record]:
        raise Exit("\n".join(refused), code=1)
    return [
        {"image": path.name, "probabilities": {top["label"]: top["probability"] for top in record["top"]}}
        for path, record in zip(images, records, strict=True)
    ]


def some(paths: list[Path], count: int) -> list[Path]:
    """Return `count` of the paths, evenly spread; all where there are no more."""
    count = min(count, len(paths))
    return [paths[number * len(paths) // count] for number in range(count)]
