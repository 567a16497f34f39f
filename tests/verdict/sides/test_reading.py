import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from branches import Branches, rows, tiny_id
from predicted import predict, save, together

from repository import call
from winnow.errors import InputError, UsageError
from winnow.evaluation.predictions import Predictions
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.verdict.sides.alignment import Pair, align
from winnow.verdict.sides.contender import Contender
from winnow.verdict.sides.reading import find_holder, read_file, read_named, read_revision, read_working_tree

METRICS = '{"schema": 1, "task": "single_label", "accuracy": 0.75}'
IGNORED = "/.winnow/\n/reports/predictions.parquet\n"


class Scored:
    """A project on branches whose model is pretended."""

    def __init__(self, root: Path) -> None:
        self.made = Branches.create(root)
        self.project = self.made.project

    def lay_out(self, *, test: Iterable[int], train: Iterable[int] = (), label: str = "cat") -> Predictions:
        """Write labels that are pinned to splits, and the predictions of a model for the test images."""
        pinned = {
            image: (label, *cells[1:3], split)
            for split, numbers in (("test", test), ("train", train))
            for image, cells in rows(numbers).items()
        }
        self.made.write_labels(pinned)
        scores = predict({image: cells[0] for image, cells in pinned.items() if cells[3] == "test"})
        save(self.project.predictions, scores)
        return scores

    def hand_to_dvc(self) -> str:
        """Move the predictions into DVC's cache, as an output of a stage; return their hash."""
        md5 = self.made.put(self.project.predictions.read_bytes())
        self.project.predictions.unlink()
        out = f"    outs:\n    - {{path: reports/predictions.parquet, hash: md5, md5: {md5}}}\n"
        (self.project.root / "dvc.lock").write_text(f"stages:\n  evaluate:\n    cmd: x\n{out}", encoding="utf-8")
        (self.project.root / ".gitignore").write_text(IGNORED, encoding="utf-8")
        return md5


@pytest.fixture
def scored(tmp_path: Path) -> Scored:
    return Scored(tmp_path / "repository")


def ids(side: Contender) -> list[str]:
    assert isinstance(side.predictions, Predictions)
    return side.predictions.column("id")


def tiny_ids(*numbers: int) -> list[str]:
    return sorted(map(tiny_id, numbers))


def reason(side: Contender) -> str:
    assert isinstance(side.predictions, NotAvailable)
    return side.predictions.not_available


def aligned(scored: Scored, revision: str) -> Pair:
    pair = align(read_revision(scored.project, revision), read_working_tree(scored.project))
    assert isinstance(pair, Pair)
    return pair


def test_both_sides_come_from_where_they_are_in_git(scored: Scored) -> None:
    scored.lay_out(test=[1, 2], train=[9])
    first = scored.made.commit(reports__metrics_json=METRICS)
    scored.lay_out(test=[2, 3], train=[9])
    base, head = read_revision(scored.project, "main"), read_working_tree(scored.project)
    assert (base.side.name, base.side.commit, base.side.source) == ("main", first, "git")
    assert (head.side.name, head.side.commit, head.side.source) == ("the working tree", None, "working tree")
    assert (ids(base), ids(head)) == (tiny_ids(1, 2), tiny_ids(2, 3))
    assert base.metrics == head.metrics == {"accuracy": 0.75}
    assert base.ids_of("train").to_pylist() == [tiny_id(9)]


def test_both_sides_may_be_in_dvcs_cache_only(scored: Scored) -> None:
    scored.lay_out(test=[1, 2])
    scored.hand_to_dvc()
    scored.made.commit()
    scored.lay_out(test=[2, 3])
    scored.hand_to_dvc()
    base, head = read_revision(scored.project, "HEAD"), read_working_tree(scored.project)
    assert (base.side.source, head.side.source) == ("dvc", "dvc")
    assert (ids(base), ids(head)) == (tiny_ids(1, 2), tiny_ids(2, 3))


@pytest.mark.slow  # DVC itself is started
def test_without_a_remote_the_recorded_metrics_remain_and_the_reason(scored: Scored) -> None:
    scored.lay_out(test=[1, 2])
    md5 = scored.hand_to_dvc()
    commit = scored.made.commit(reports__metrics_json=METRICS)
    (scored.made.objects / md5[:2] / md5[2:]).unlink()
    base = read_revision(scored.project, "main")
    assert (base.side.source, dict(base.metrics)) == ("metrics only", {"accuracy": 0.75})
    assert reason(base) == (
        f"predictions.parquet of {commit[:12]} is neither in DVC's cache nor in the remote: there is no default remote"
    )
    scored.lay_out(test=[1])
    assert align(base, read_working_tree(scored.project)) == base.predictions


def test_the_merge_base_is_where_two_branches_parted(scored: Scored) -> None:
    scored.lay_out(test=[1])
    parted = scored.made.commit()
    scored.made.git("checkout", "-q", "-b", "topic")
    scored.lay_out(test=[1, 2])
    scored.made.commit()
    scored.made.git("checkout", "-q", "main")
    scored.lay_out(test=[1, 3])
    scored.made.commit()
    assert read_revision(scored.project, "topic", from_merge_base=True).side.commit == parted
    assert ids(read_revision(scored.project, "topic")) == tiny_ids(1, 2)


def test_a_shallow_clone_says_what_to_fetch(scored: Scored, tmp_path: Path) -> None:
    scored.lay_out(test=[1])
    parted = scored.made.commit()
    scored.made.git("checkout", "-q", "-b", "topic")
    scored.made.commit(x="1")
    scored.made.git("checkout", "-q", "main")
    scored.made.commit(y="1")
    url = scored.project.root.as_uri()
    call(tmp_path, "git", "clone", "-q", "--depth", "1", "--no-single-branch", url, "clone")
    clone = Project(tmp_path / "clone")
    for revision in ("origin/topic", parted):
        with pytest.raises(UsageError, match="this clone is shallow") as caught:
            read_revision(clone, revision, from_merge_base=True)
        assert "git fetch --unshallow" in caught.value.hint
    call(clone.root, "git", "fetch", "-q", "--unshallow")
    assert read_revision(clone, "origin/topic", from_merge_base=True).side.commit == parted
    with pytest.raises(UsageError, match="expected a commit, a branch or a tag, got 'none'") as caught:
        read_revision(clone, "none")
    assert "unshallow" not in caught.value.hint


def test_todays_label_counts_and_a_moved_image_leaves(scored: Scored) -> None:
    scored.lay_out(test=[1, 2], train=[8, 9])
    scored.made.commit()
    scored.lay_out(test=[1, 2, 9], train=[8], label="dog")
    pair = aligned(scored, "main")
    assert pair.base.column("id") == tiny_ids(1, 2)
    assert set(pair.base.column("label")) == {"dog"}
    counts = pair.test_set
    assert (counts.trained_on, counts.relabelled, counts.only_head, counts.notes) == (1, 2, 0, [])


def test_a_base_that_says_nothing_says_why(scored: Scored) -> None:
    first = scored.made.commit()
    scored.lay_out(test=[1])
    assert reason(read_revision(scored.project, "main")) == (
        f"neither Git nor DVC has reports/predictions.parquet of main ({first[:12]})"
    )
    assert read_revision(scored.project, "main").side.source == "none"
    content = scored.project.predictions.read_bytes()
    scored.project.predictions.write_bytes(content[:100])
    scored.made.commit()
    assert "cannot be read" in reason(read_revision(scored.project, "main"))
    scored.project.predictions.write_bytes(b"other" + content)
    with pytest.raises(InputError, match=r"predictions\.parquet cannot be read"):
        read_working_tree(scored.project)


def test_a_head_without_predictions_is_refused(scored: Scored) -> None:
    scored.made.commit()
    with pytest.raises(InputError, match=r"expected reports/predictions\.parquet, found nothing") as caught:
        read_working_tree(scored.project)
    assert "dvc repro evaluate" in caught.value.hint
    with pytest.raises(InputError, match=r"expected mine\.csv, found nothing"):
        read_working_tree(scored.project, scored.project.root / "mine.csv")


def test_a_project_in_a_subfolder_reads_its_own_files(scored: Scored) -> None:
    below = Project(scored.project.root / "below")
    scores = predict({tiny_id(1): "cat"})
    save(below.predictions, scores)
    save(scored.project.predictions, predict({tiny_id(2): "cat"}))
    scored.made.commit(below__reports__metrics_json=METRICS)
    base = read_revision(below, "HEAD")
    assert (ids(base), dict(base.metrics)) == (tiny_ids(1), {"accuracy": 0.75})
    assert ids(read_working_tree(below)) == tiny_ids(1)


def test_what_a_person_names_is_a_file_or_a_revision(scored: Scored, tmp_path: Path) -> None:
    scored.lay_out(test=[1])
    commit = scored.made.commit()
    path = save(tmp_path / "p.csv", together(predict({"a": "cat"}), predict({"b": "cat"})))
    found = read_named(scored.project, str(path))
    assert (ids(found), found.side.source, found.side.name) == (["a", "b"], "file", path.as_posix())
    assert isinstance(found.rows, NotAvailable)
    assert read_named(scored.project, "main").side.commit == commit
    with pytest.raises(InputError, match=r"expected the prediction file .*absent\.csv, found nothing"):
        read_file(tmp_path / "absent.csv")


def test_a_file_of_ones_own_is_looked_up_at_the_base(scored: Scored) -> None:
    scored.lay_out(test=[1])
    path = save(scored.project.root / "out" / "mine.csv", predict({tiny_id(1): "cat"}))
    scored.made.commit()
    save(path, predict({tiny_id(1): "cat", tiny_id(2): "cat"}))
    base, head = read_revision(scored.project, "main", path), read_working_tree(scored.project, path)
    assert (ids(base), ids(head), head.side.source) == (tiny_ids(1), tiny_ids(1, 2), "file")
    elsewhere = read_revision(scored.project, "main", scored.project.root.parent / "x.csv")
    assert "lies outside of the repository" in reason(elsewhere)


def test_a_prediction_file_belongs_to_the_pipeline_around_it(tmp_path: Path) -> None:
    path = tmp_path / "repository" / "deep" / "out" / "p.csv"
    with pytest.raises(InputError, match="lies in no Git repository"):
        find_holder(path)
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert find_holder(path).root == (tmp_path / "repository").resolve()
    (tmp_path / "repository" / "deep").mkdir()
    (tmp_path / "repository" / "deep" / "dvc.yaml").touch()
    assert find_holder(path).root == (tmp_path / "repository" / "deep").resolve()


def test_metrics_with_their_intervals_are_kept(scored: Scored) -> None:
    content = {**json.loads(METRICS), "accuracy_low": 0.5, "accuracy_high": 1}
    scored.made.commit(reports__metrics_json=json.dumps(content))
    assert dict(read_revision(scored.project, "main").metrics) == {
        "accuracy": 0.75,
        "accuracy_low": 0.5,
        "accuracy_high": 1.0,
    }
