"""The two sides of a verdict in repositories that know nothing of winnow, and in clones that have little."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from predicted import predict, save

from repository import call, dvc, lay_out_project, winnow
from winnow.evaluation.predictions import Predictions
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.verdict.sides.alignment import Pair, align
from winnow.verdict.sides.contender import Contender
from winnow.verdict.sides.reading import read_revision, read_working_tree

pytestmark = pytest.mark.slow

# A pipeline of somebody else's: the answers depend on a parameter that is none of winnow's.
SCRIPT = """
import json, pathlib
wrong = json.loads(pathlib.Path("params.yaml").read_text())["wrong"]
out = pathlib.Path("results")
out.mkdir()
rows = [f"{n},{n % 2},{int(n % 2 == (n in wrong))},{int(n % 2 != (n in wrong))},site {n % 3}" for n in range(20)]
(out / "answers.csv").write_text("\\n".join(["id,label,prob_0,prob_1,site", *rows]))
(out / "scores.json").write_text(json.dumps({"test": {"acc": 1 - len(wrong) / 20}}))
"""
PIPELINE = """
stages:
  score:
    cmd: python score.py
    params: [wrong]
    deps: [score.py]
    outs: [results]
"""
METRICS = "metrics: [results/scores.json]\n"
ANSWERS = Path("deep", "results", "answers.csv")


def commit(folder: Path) -> str:
    call(folder, "git", "add", "-A")
    call(folder, "git", "commit", "-q", "-m", "x")
    return call(folder, "git", "rev-parse", "HEAD").strip()


def set_remote(root: Path, store: Path) -> None:
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {store}\n"
    (root / ".dvc" / "config").write_text(config, encoding="utf-8")


def repro(folder: Path, wrong: str) -> None:
    (folder / "params.yaml").write_text(f'{{"wrong": {wrong}}}', encoding="utf-8")
    dvc(folder, "repro", "-q")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DVC repository of somebody else, with its pipeline in a subfolder and all outputs in a remote."""
    root = tmp_path_factory.mktemp("foreign") / "repository"
    deep = root / "deep"
    deep.mkdir(parents=True)
    call(root, "git", "init", "-q", "-b", "main")
    dvc(root, "init", "-q")
    set_remote(root, root.parent / "store")
    (deep / "score.py").write_text(SCRIPT, encoding="utf-8")
    (deep / "dvc.yaml").write_text(PIPELINE + METRICS, encoding="utf-8")
    repro(deep, "[1, 2]")
    commit(root)
    call(root, "git", "checkout", "-q", "-b", "topic")
    repro(deep, "[2]")
    commit(root)
    dvc(root, "push", "-q", "--all-commits")
    return root


@pytest.fixture
def clone(foreign: Path, tmp_path: Path) -> Path:
    call(tmp_path, "git", "clone", "-q", str(foreign), "clone")
    return tmp_path / "clone"


def sides(root: Path) -> tuple[Contender, Contender]:
    project = Project(root / "deep")
    base = read_revision(project, "origin/main", root / ANSWERS, from_merge_base=True)
    return base, read_working_tree(project, root / ANSWERS)


def require_verdict(base: Contender, head: Contender) -> None:
    """See that both sides are what the pipeline made of them."""
    pair = align(base, head)
    assert isinstance(pair, Pair)
    right = pair.base.decisions.targets == pair.base.decisions.predicted
    assert (right.tolist().count(False), pair.head.decisions.accuracy, len(pair.head)) == (2, 0.95, 20)
    assert pair.base.further == ["site"]
    assert "trained on is not known" in pair.test_set.notes[0]
    assert (base.metrics, head.metrics) == ({"test.acc": 0.9}, {"test.acc": 0.95})


def test_a_clone_of_a_foreign_repository_gets_both_sides_from_the_remote(clone: Path) -> None:
    base, head = sides(clone)
    assert (base.side.source, head.side.source) == ("dvc", "dvc")
    require_verdict(base, head)
    assert call(clone, "git", "status", "--porcelain") == ""


def test_a_report_adopted_alone_names_the_blocks_that_it_cannot_fill(clone: Path) -> None:
    printed = winnow(clone, "report", "--predictions", ANSWERS.as_posix())
    assert printed.startswith("inconclusive: accuracy 0.900 -> 0.950")
    reports = clone / "deep" / "reports"
    content = json.loads((reports / "verdict.json").read_text(encoding="utf-8"))
    assert (content["base"]["source"], content["head"]["source"]) == ("dvc", "dvc")
    assert [change["key"] for change in content["changes"]["params"]] == ["wrong"]
    assert [(stage["name"], stage["state"]) for stage in content["changes"]["stages"]] == [("score", "ran")]
    _, left_out = (reports / "report.md").read_text(encoding="utf-8").split("#### Left out")
    for block in ("data: ", "learning curves: ", "cost: "):
        assert block in left_out
    assert str(clone) not in json.dumps(content)
    table = winnow(clone, "compare", "origin/main", "HEAD", "--predictions", ANSWERS.as_posix())
    assert "HEAD  inconclusive  0.900  0.950" in table


def test_where_the_work_was_done_nothing_is_fetched(foreign: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(foreign, root)
    call(root, "git", "remote", "add", "origin", str(foreign))
    call(root, "git", "fetch", "-q", "origin")
    (root / ".dvc" / "config").write_text("", encoding="utf-8")
    base, head = sides(root)
    assert (base.side.source, head.side.source) == ("dvc", "file")
    require_verdict(base, head)


def test_without_the_remote_the_reason_is_said(clone: Path) -> None:
    # The pull request's own predictions have just been made; the base's are out of reach.
    (clone / ".dvc" / "config").write_text("", encoding="utf-8")
    save(clone / ANSWERS, predict({"1": "cat", "2": "dog"}))
    base, head = sides(clone)
    found = align(base, head)
    assert isinstance(found, NotAvailable)
    assert found.not_available.endswith("neither in DVC's cache nor in the remote: there is no default remote")
    assert base.side.source == "not readable"


def test_a_plain_git_repository_is_enough(tmp_path: Path) -> None:
    call(tmp_path, "git", "init", "-q", "-b", "main")
    path = save(tmp_path / "answers.parquet", predict({"a": "cat", "b": "dog"}, wrong="a"))
    commit(tmp_path)
    save(path, predict({"a": "cat", "b": "dog", "c": "dog"}))
    project = Project(tmp_path)
    base, head = read_revision(project, "main", path), read_working_tree(project, path)
    pair = align(base, head)
    assert isinstance(pair, Pair)
    assert (base.side.source, pair.test_set.num_compared, pair.base.decisions.accuracy) == ("git", 2, 0.5)


def test_a_project_in_a_subfolder_with_its_predictions_in_dvc(
    make_repository: Callable[[], Path], tmp_path: Path
) -> None:
    root = make_repository()
    project = Project(lay_out_project(root / "deep", code="../src/winnow"))
    (project.root / "dvc.yaml").unlink()
    set_remote(root, tmp_path / "store")
    save(project.predictions, predict({"a": "cat", "b": "dog"}))
    dvc(project.root, "add", "-q", "reports/predictions.parquet")
    (project.root / "reports" / "metrics.json").write_text('{"accuracy": 0.5}', encoding="utf-8")
    commit(root)
    dvc(root, "push", "-q")
    call(tmp_path, "git", "clone", "-q", str(root), "clone")
    clone = Project(tmp_path / "clone" / "deep")
    base, head = read_revision(clone, "origin/main"), read_working_tree(clone)
    for side in (base, head):
        assert isinstance(side.predictions, Predictions)
        assert (len(side.predictions), side.side.source, side.metrics) == (2, "dvc", {"accuracy": 0.5})
    shutil.rmtree(tmp_path / "store")
    shutil.rmtree(tmp_path / "clone" / ".dvc" / "cache")
    base = read_revision(clone, "origin/main")
    assert isinstance(base.predictions, NotAvailable)
    assert (base.side.source, base.metrics) == ("metrics only", {"accuracy": 0.5})
