"""`winnow report` and `winnow compare` in real repositories: clones, remotes, private projects, hostile names."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.compute as pc
import pytest
from branches import tiny_id
from judged import TEST, PullRequest, open_request
from outline import Outline
from predicted import predict, save

from repository import call, dvc, lay_out_project, save_class_folders, winnow
from winnow.changes.snapshot import DEALT, working_tree
from winnow.commands.report import report
from winnow.project import Project
from winnow.verdict.drawing_up import Question
from winnow.verdict.record.evidence import Flips, Subgroups
from winnow.verdict.record.schema import verdict_schema
from winnow.verdict.record.verdict import Verdict

OUTPUTS = "/reports/verdict.json\n/reports/report.*\n"
MAIN = Question("main")
NAME, GROUP, SITE = "Planted-Jane", "Planted-Patient", "Planted-Site"
HOSTILE = ("@maintainer <img src=x onerror=alert(1)>", "|`--- ![i](http://tracker.example)\u202e[a](javascript:x)")


def told(project: Project) -> dict[str, str]:
    """Return the three files."""
    return {
        path.name: path.read_text(encoding="utf-8") for path in (project.verdict, project.comment, project.report_page)
    }


def commit(root: Path) -> None:
    call(root, "git", "add", "-A")
    call(root, "git", "commit", "-q", "-m", "x")


def write_answers(project: Project, num_wrong: int) -> None:
    """Predict the images that are dealt to the test set; the first ones wrong."""
    rows = working_tree(project).rows
    test = rows.filter(pc.equal(rows[DEALT], "test")).sort_by("id")
    labels = dict(zip(test["id"].to_pylist(), test["label"].to_pylist(), strict=True))
    scores = predict(labels, classes=sorted(set(labels.values())), wrong=list(labels)[:num_wrong])
    save(project.predictions, scores)
    metrics = {"schema": 1, "task": "single_label", "accuracy": scores.decisions.accuracy}
    project.metrics.write_text(json.dumps(metrics), encoding="utf-8")


@pytest.mark.slow
def test_a_pull_request_from_its_images_to_its_verdict(make_repository: Callable[[], Path], tmp_path: Path) -> None:
    project = Project(lay_out_project(make_repository(), prepare__channels=1, checks__min_images=1))
    with (project.root / ".gitignore").open("a", encoding="utf-8") as stream:
        stream.write(OUTPUTS)
    winnow(project.root, "add", str(save_class_folders(tmp_path / "pictures", per_class=40)))
    dvc(project.root, "repro", "-q", "prepare")
    write_answers(project, 12)
    commit(project.root)
    call(project.root, "git", "checkout", "-q", "-b", "topic")
    write_answers(project, 1)
    commit(project.root)
    content = json.loads(winnow(project.root, "report", "--base", "main", "--json"))
    pytest.importorskip("jsonschema").validate(content, verdict_schema())
    verdict = Verdict.from_dict(content, "stdout")
    assert verdict.outcome.call == "better"
    gates = {gate.id: (gate.level, gate.result) for gate in verdict.gates}
    assert gates["primary"] == gates["data"] == ("required", "pass")
    assert verdict.has_passed
    assert call(project.root, "git", "status", "--porcelain") == ""
    assert "topic  better" in winnow(project.root, "compare", "main", "topic")
    write_answers(project, 20)
    printed = winnow(project.root, "report", "--base", "main", status=1)
    assert printed.startswith("worse: accuracy")
    assert "with uncommitted changes against main" in printed


@pytest.mark.slow
def test_a_clone_gets_both_sides_from_the_remote_and_without_it_the_metrics_from_git(tmp_path: Path) -> None:
    request = PullRequest(tmp_path / "project")
    (request.root / ".gitignore").write_text(f"/.winnow/\n/reports/predictions.parquet\n{OUTPUTS}", encoding="utf-8")
    for wrong in (range(6), range(20)):
        scores = request.write_model(wrong)
        md5 = request.made.put(request.project.predictions.read_bytes())
        out = f"{{path: reports/predictions.parquet, hash: md5, md5: {md5}}}"
        lock = f"schema: '2.0'\nstages:\n  evaluate:\n    cmd: x\n    outs:\n    - {out}\n"
        metrics = {"schema": 1, "task": "single_label", "accuracy": scores.decisions.accuracy}
        request.made.commit(parts=[request.part], dvc_lock=lock, reports__metrics_json=json.dumps(metrics))
        if wrong == range(6):
            request.begin_topic()
    request.made.set_remote(tmp_path / "store")
    clone = request.clone(tmp_path / "clone")
    shutil.copy(request.root / ".dvc" / "config.local", clone / ".dvc" / "config.local")
    winnow(clone, "report", status=1)
    verdict = Verdict.from_dict(json.loads(told(Project(clone))["verdict.json"]), "verdict.json")
    assert (verdict.base.name, verdict.base.source, verdict.head.source) == ("origin/main", "dvc", "dvc")
    assert (verdict.outcome.call, verdict.outcome.num_images) == ("worse", 40)
    shutil.rmtree(tmp_path / "store")
    shutil.rmtree(clone / ".dvc" / "cache")
    save(Project(clone).predictions, scores)
    printed = winnow(clone, "report", status=1)
    assert printed.startswith("not comparable: accuracy 0.850 -> 0.500")
    assert "is neither in DVC's cache nor in the remote" in printed
    assert "not available, so it does not pass" in printed
    assert str(tmp_path) not in "".join(told(Project(clone)).values())


@pytest.mark.slow
def test_a_shallow_clone_is_told_what_to_fetch(tmp_path: Path) -> None:
    request = open_request(tmp_path / "project")
    request.made.git("checkout", "-q", "main")
    request.commit_model(range(7))
    clone = request.clone(tmp_path / "clone", "--depth", "1", "--no-single-branch")
    printed = winnow(clone, "report", "--base", "origin/main", status=2)
    assert "HEAD and 'origin/main' share no commit; this clone is shallow" in printed
    assert "git fetch --unshallow origin" in printed
    assert "fetch-depth: 0" in printed
    call(clone, "git", "fetch", "-q", "--unshallow", "origin")
    assert winnow(clone, "report", "--base", "origin/main", status=1).startswith("worse: accuracy 0.850 -> 0.500")


@pytest.mark.parametrize("level", ["aggregate", "ids", "pictures"])
def test_what_a_report_says_of_single_images(tmp_path: Path, level: str) -> None:
    request = open_request(
        tmp_path / "project",
        cells=(f"{NAME} {{}}.png", f"{GROUP} {{}}", f"{SITE} {{}}"),
        project__disclose=level,
        gate__subgroup_columns=["site"],
    )
    # A label that changed, an image that left, a patient in two splits: the data block tells of those as well.
    cells = request.made.labels()
    moved = {
        tiny_id(0): ("dog", *cells[tiny_id(0)][1:]),
        tiny_id(41): (*cells[tiny_id(41)][:2], f"{GROUP} 1", "train", ""),
    }
    del cells[tiny_id(50)]
    request.made.write_labels({**cells, **moved}, ("site",))
    verdict = report(request.project, MAIN).verdict
    files = told(request.project)
    shown = {"aggregate": set()}.get(level, {"verdict.json", "report.md", "report.html"})
    ids = [tiny_id(number) for number in (*TEST, 41, 50)]
    assert {name for name, text in files.items() if any(image in text for image in ids)} == shown
    assert {name for name, text in files.items() if SITE in text} == shown
    assert bool(verdict.subgroups) is bool(shown)
    # Names and pictures are in the page alone, which stays on this disk; groups are nowhere.
    assert {name for name, text in files.items() if NAME in text or "data:image/" in text} == shown & {"report.html"}
    assert {name for name, text in files.items() if GROUP in text} == set()
    assert verdict.outcome.num_groups == 20


def test_names_of_classes_columns_and_waivers_stay_inert(tmp_path: Path) -> None:
    request = open_request(
        tmp_path / "project",
        classes=HOSTILE,
        cells=(HOSTILE[0], "", HOSTILE[1]),
        gate__subgroup_columns=["site"],
    )
    waiver = {"gate": "primary", "reason": f"</td></table>{HOSTILE[0]}", "by": HOSTILE[1]}
    (request.root / "waivers.yaml").write_text(json.dumps([waiver]), encoding="utf-8")
    verdict = report(request.project, MAIN).verdict
    assert verdict.has_passed
    assert isinstance(verdict.flips, Flips)
    assert {flip.label for flip in verdict.flips.broken} == set(HOSTILE)
    assert [type(each) for each in verdict.subgroups] == [Subgroups]
    files = told(request.project)
    comment, page = files["report.md"], files["report.html"]
    for dead in ("@maintainer", "<img", "](http", "](javascript", "</td>", "\u202e"):
        assert dead not in comment
    columns = [line.count("|") for line in comment.splitlines() if line.startswith("| 🟡")]
    assert columns == [6]
    outline = Outline(page)
    assert not [name for name, _ in outline.attributes if name.startswith("on")]
    sources = [value or "" for name, value in outline.attributes if name in ("src", "href")]
    assert not [value for value in sources if not value.startswith("data:image/")]
    assert "script" not in outline.tags


@pytest.mark.slow
def test_a_project_in_a_subfolder_is_judged_there(tmp_path: Path) -> None:
    request = open_request(tmp_path / "repository", inside="models/cats")
    result = report(request.project, MAIN)
    assert result.verdict.outcome.call == "worse"
    assert result.verdict.base.source == "git"
    assert request.project.comment.is_relative_to(tmp_path / "repository" / "models" / "cats")
    assert result.verdict.provenance.commands[0].startswith("git worktree add ../../../base-")
    (request.root / "waivers.yaml").write_text("- {gate: primary, reason: known, by: ada}", encoding="utf-8")
    assert report(request.project, MAIN).verdict.has_passed
    request.made.commit()
    assert report(request.project, Question("HEAD")).verdict.outcome.call == "inconclusive"
