import logging
import math
from pathlib import Path

import pytest
from history import Text, begin, cache_folder, commit, listing, lock_text, write

from winnow.project import Project
from winnow.records import NotAvailable
from winnow.verdict.causes.learning_curves import MAX_POINTS, find_curves
from winnow.verdict.record.context import Curve


def table(name: str, *values: float) -> str:
    return "\n".join([f"step\t{name}", *(f"{step}\t{value}" for step, value in enumerate(values, start=1))]) + "\n"


def curves(*losses: float) -> dict[str, Text]:
    return {
        "metrics.json": "{}",
        "plots/metrics/train/loss.tsv": table("loss", *losses),
        "plots/metrics/lr.tsv": table("lr", *(0.1 for _ in losses)),
    }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository whose one commit logged losses 3 and 2, in the cache; the disk has three more."""
    root = begin(tmp_path / "repository")
    write(root, {".gitignore": "/reports/\n/.dvc/cache/\n", ".dvc/config": "[core]\n    analytics = false\n"})
    lock = lock_text({"train": {"outs": {"reports/train": cache_folder(root, curves(3, 2))}}})
    commit(root, {"dvc.lock": lock, "params.yaml": "a: 1", "dvc.yaml": "stages: {}"})
    write(root / "reports" / "train", curves(4, 3, 1))
    return Project(root)


def found(project: Project, base: str) -> dict[tuple[str, str], Curve]:
    curves = find_curves(project, base)
    assert isinstance(curves, list), curves
    return {(curve.metric, curve.series): curve for curve in curves}


def test_both_sides_are_told_each_with_its_own_steps(project: Project) -> None:
    here = found(project, commit(project.root))
    assert list(here) == [("loss", "train"), ("lr", "")]
    assert here["loss", "train"] == Curve(
        metric="loss", series="train", steps=[1, 2, 3], head=[4, 3, 1], base_steps=[1, 2], base=[3, 2]
    )


@pytest.mark.slow
def test_a_base_that_nobody_has_any_more_is_left_empty_with_a_warning(
    project: Project, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    base = commit(project.root)
    (project.root / ".dvc" / "cache").rename(tmp_path / "elsewhere")
    with caplog.at_level(logging.WARNING, logger="winnow"):
        curve = found(project, base)["loss", "train"]
    assert (curve.head, curve.base, curve.base_steps) == ([4, 3, 1], [], [])
    assert "neither in DVC's cache nor in the remote" in caplog.text


def test_a_fresh_clone_reads_its_own_curves_from_the_cache_too(project: Project, tmp_path: Path) -> None:
    base = commit(project.root)
    (project.root / "reports").rename(tmp_path / "elsewhere")
    assert found(project, base)["loss", "train"].head == [3, 2]


def test_curves_that_git_holds_are_read_from_git(tmp_path: Path) -> None:
    root = begin(tmp_path / "repository")
    base = commit(root, {f"sub/reports/train/{name}": text for name, text in curves(3, 2).items()})
    write(root / "sub" / "reports" / "train", curves(1))
    assert found(Project(root / "sub"), base)["loss", "train"].base == [3, 2]


def test_a_long_curve_is_thinned_and_keeps_both_ends(project: Project) -> None:
    losses = [1 / number for number in range(1, 1001)]
    write(project.root / "reports" / "train", curves(*losses))
    curve = found(project, commit(project.root))["loss", "train"]
    assert len(curve.steps) == len(curve.head) == MAX_POINTS
    assert (curve.steps[0], curve.steps[-1], curve.head[-1]) == (1, 1000, losses[-1])
    gaps = {after - before for before, after in zip(curve.steps, curve.steps[1:], strict=False)}
    assert gaps <= {16, 17}


def test_points_that_are_no_number_are_left_out(project: Project) -> None:
    write(project.root / "reports" / "train", curves(2, math.nan, math.inf, 1))
    curve = found(project, commit(project.root))["loss", "train"]
    assert (curve.steps, curve.head) == ([1, 4], [2, 1])


def test_without_curves_it_says_so(tmp_path: Path) -> None:
    root = begin(tmp_path / "repository")
    nothing = find_curves(Project(root), commit(root, {"readme.md": "x"}))
    assert nothing == NotAvailable(not_available="no learning curves in reports/train")


def test_a_table_of_something_else_is_no_traceback(project: Project) -> None:
    base = commit(project.root)
    write(project.root / "reports" / "train", {"plots/metrics/train/loss.tsv": "step\tloss\n1\tmuch\n"})
    nothing = find_curves(project, base)
    assert isinstance(nothing, NotAvailable)
    assert "cannot be read" in nothing.not_available


def test_a_listing_may_not_lead_out_of_the_folder(project: Project) -> None:
    evil: dict[str, Text] = {"plots/metrics/../../../../escaped.tsv": "x", "plots/metrics/a.tsv": table("a", 1)}
    lock = lock_text({"train": {"outs": {"reports/train": cache_folder(project.root, evil)}}})
    assert listing(evil)[0] in lock
    base = commit(project.root, {"dvc.lock": lock})
    write(project.root / "reports" / "train", {"plots/metrics/a.tsv": table("a", 2)})
    assert found(project, base)["a", ""].base == [1]
