import math
from collections.abc import Iterable
from pathlib import Path

import pytest
from branches import Branches, rows, tiny_id
from former import put_code, stand_in
from predicted import predict, save
from tiny_onnx import about, save_means

from winnow.project import Project
from winnow.verdict.sides.alignment import Pair, align
from winnow.verdict.sides.contender import Contender
from winnow.verdict.sides.reading import read_revision, read_working_tree
from winnow.verdict.sides.rescoring import complete


def save_constant(project: Project, label: str) -> None:
    """Write an exported model that gives every image this label, with 0.8."""
    bias = [math.log(4) * (name == label) for name in ("cat", "dog")]
    said = about(["cat", "dog"], channels=1).to_metadata()
    save_means(project.onnx / "model.onnx", [[0.0], [0.0]], said, bias=bias)


class Moving:
    """A project whose base was tested on images 1 and 2, and whose pull request brings more."""

    def __init__(self, root: Path) -> None:
        self.made = Branches.create(root)
        self.project = self.made.project

    def label(self, *, test: Iterable[int], train: Iterable[int] = (), val: Iterable[int] = ()) -> None:
        splits = {"test": test, "train": train, "val": val}
        pinned = {
            image: (*cells[:3], split) for split, numbers in splits.items() for image, cells in rows(numbers).items()
        }
        self.made.write_labels(pinned)

    def predict(self, *test: int) -> None:
        save(self.project.predictions, predict({tiny_id(number): "cat" for number in test}))

    def base(self, main: str, **splits: Iterable[int]) -> None:
        self.label(test=[1, 2], **splits)
        self.predict(1, 2)
        put_code(self.made, main)
        self.made.commit()

    def completed(self, *test: int, rescore: bool = True) -> tuple[Contender, Contender]:
        """Return base and head, after images `test` have become the test set."""
        self.label(test=test)
        self.predict(*test)
        head = read_working_tree(self.project)
        return complete(self.project, read_revision(self.project, "main"), head, rescore=rescore), head


@pytest.fixture
def moving(tmp_path: Path) -> Moving:
    moving = Moving(tmp_path / "repository")
    moving.made.pack(1, 2, 3)
    moving.made.pack(4, 5)
    return moving


def aligned(sides: tuple[Contender, Contender]) -> Pair:
    pair = align(*sides)
    assert isinstance(pair, Pair)
    return pair


def compared(pair: Pair) -> dict[str, int]:
    return dict(zip(pair.base.column("id"), pair.base.decisions.predicted.tolist(), strict=True))


def test_images_that_are_new_since_are_asked_for(moving: Moving) -> None:
    moving.base(stand_in({tiny_id(4): "dog"}))
    pair = aligned(moving.completed(2, 3, 4))
    assert compared(pair) == {tiny_id(2): 0, tiny_id(3): 0, tiny_id(4): 1}
    counts = pair.test_set
    assert (counts.rescored, counts.num_base, counts.num_head, counts.num_compared) == (True, 2, 3, 3)
    assert (counts.only_base, counts.only_head, counts.notes) == (1, 0, [])
    assert not (moving.project.scratch / "rescoring").exists()
    assert len(moving.made.git("worktree", "list").splitlines()) == 1


def test_it_can_be_switched_off(moving: Moving) -> None:
    moving.base("raise SystemExit('error: never called')")
    counts = aligned(moving.completed(2, 3, rescore=False)).test_set
    assert (counts.rescored, counts.num_compared, counts.only_head, counts.notes) == (False, 1, 1, [])


def test_nobody_is_asked_about_images_that_a_model_has_seen(moving: Moving) -> None:
    moving.base("raise SystemExit('error: never called')", train=[3], val=[4])
    counts = aligned(moving.completed(1, 2, 3, 4)).test_set
    assert (counts.rescored, counts.trained_on, counts.only_head, counts.notes) == (False, 1, 1, [])


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        ("raise SystemExit('error: too old')", "its `winnow predict` failed: too old"),
        (stand_in({tiny_id(1): "dog"}), "it contradicts its stored predictions, by 0.6 in a probability"),
        (stand_in(classes=("cat", "dog", "owl")), "it knows other classes than its stored predictions"),
    ],
)
def test_a_model_that_cannot_be_trusted_leaves_the_shared_images_and_a_note(
    moving: Moving, main: str, reason: str
) -> None:
    moving.base(main)
    counts = aligned(moving.completed(1, 2, 3)).test_set
    assert (counts.rescored, counts.num_compared, counts.only_head) == (False, 2, 1)
    assert counts.notes == [f"test images that are new since main: 1; its model was not asked: {reason}"]
    assert not (moving.project.scratch / "rescoring").exists()


def test_images_that_are_not_on_this_disk_or_refused_are_counted(moving: Moving) -> None:
    moving.base(stand_in({tiny_id(4): ""}))
    counts = aligned(moving.completed(1, 3, 4, 77)).test_set
    assert (counts.rescored, counts.num_compared, counts.only_head) == (True, 2, 2)
    assert counts.notes == ["test images that are new since main and not on this disk, or refused by its code: 2"]
    counts = aligned(moving.completed(1, 77)).test_set
    assert counts.notes[0].endswith("none of them is on this disk (dvc pull data/images.dvc)")


def test_a_base_without_predictions_is_asked_about_all(moving: Moving) -> None:
    moving.label(test=[1])
    put_code(moving.made, stand_in(classes=("dog", "cat")))
    moving.made.commit()
    base, head = moving.completed(1, 2)
    pair = aligned((base, head))
    assert (pair.test_set.num_base, pair.test_set.num_compared, base.side.source) == (0, 2, "dvc")
    assert pair.head.classes == ["cat", "dog"]
    assert set(compared(pair).values()) == {1}


def test_an_exported_model_is_asked_before_any_code_of_the_base_runs(moving: Moving) -> None:
    save_constant(moving.project, "cat")
    moving.base("raise SystemExit('error: never called')")
    pair = aligned(moving.completed(2, 3))
    assert compared(pair) == {tiny_id(2): 0, tiny_id(3): 0}
    assert (pair.test_set.rescored, pair.test_set.notes) == (True, [])


def test_an_exported_model_that_contradicts_what_is_stored_gives_way_to_the_bundle(moving: Moving) -> None:
    save_constant(moving.project, "dog")
    moving.base(stand_in({tiny_id(3): "dog"}))
    assert compared(aligned(moving.completed(2, 3))) == {tiny_id(2): 0, tiny_id(3): 1}
