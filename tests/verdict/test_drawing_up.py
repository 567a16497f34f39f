import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from branches import tiny_id
from judged import TEST, PullRequest, open_request
from predicted import predict, save

from repository import call
from winnow.disclosure import Disclosure
from winnow.errors import ConfigError, InputError, UsageError
from winnow.evaluation.predictions import Predictions
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.verdict.drawing_up import Question, as_disclosed, draw_up
from winnow.verdict.record.context import Gate, Waiver
from winnow.verdict.record.evidence import Flips, Paired, TestSet
from winnow.verdict.record.verdict import Verdict
from winnow.verdict.sides.reading import read_working_tree

MAIN = Question("main")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> PullRequest:
    return open_request(tmp_path_factory.mktemp("opened") / "project")


@pytest.fixture
def worse(opened: PullRequest, tmp_path: Path) -> PullRequest:
    return opened.copied(tmp_path / "project")


def gates(verdict: Verdict) -> dict[str, Gate]:
    return {gate.id: gate for gate in verdict.gates}


def reason(part: object) -> str:
    assert isinstance(part, NotAvailable)
    return part.not_available


def test_both_sides_are_judged_on_the_same_images(worse: PullRequest) -> None:
    verdict = draw_up(worse.project, MAIN)
    assert (verdict.outcome.call, verdict.outcome.base, verdict.outcome.head) == ("worse", 0.85, 0.5)
    assert isinstance(verdict.paired, Paired)
    assert (verdict.paired.fixed, verdict.paired.broken) == (0, 14)
    assert isinstance(verdict.test_set, TestSet)
    assert (verdict.test_set.num_compared, verdict.test_set.notes) == (40, [])
    assert gates(verdict)["primary"].result == "fail"
    assert not verdict.has_passed
    assert (verdict.project, verdict.disclose, verdict.confidence) == ("classifier", "ids", 0.95)


def test_the_base_is_where_the_branches_parted(worse: PullRequest) -> None:
    parted = worse.made.git("rev-parse", "main")
    worse.made.git("checkout", "-q", "main")
    worse.commit_model(range(30))
    worse.made.git("checkout", "-q", "topic")
    verdict = draw_up(worse.project, MAIN)
    assert (verdict.base.commit, verdict.base.name, verdict.outcome.base) == (parted, "main", 0.85)
    assert verdict.provenance.merge_base == parted


def test_what_no_commit_holds_is_judged_too(worse: PullRequest) -> None:
    worse.write_model([])
    verdict = draw_up(worse.project, MAIN)
    assert (verdict.outcome.call, verdict.outcome.head) == ("better", 1.0)
    assert verdict.provenance.is_dirty


def test_a_first_model_has_nothing_to_be_worse_than(tmp_path: Path) -> None:
    floor = {"metric": "accuracy", "limit": 0.9, "level": "required"}
    request = open_request(tmp_path / "project", base=None, gate__floors=[floor], gate__data="required")
    verdict = draw_up(request.project, MAIN)
    assert (verdict.outcome.call, verdict.base.source) == ("not comparable", "none")
    assert {name: gate.result for name, gate in gates(verdict).items()} == {"floor:accuracy": "fail"}
    request.commit_model([1])
    assert draw_up(request.project, MAIN).has_passed


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"version https://git-lfs.github.com/spec/v1\n"])
def test_a_base_that_cannot_be_read_is_not_a_base_without_a_model(tmp_path: Path, content: bytes) -> None:
    request = PullRequest(tmp_path / "project")
    request.write_labels()
    request.project.predictions.parent.mkdir()
    request.project.predictions.write_bytes(content)
    request.made.commit(parts=[request.part])
    request.begin_topic()
    request.commit_model([])
    verdict = draw_up(request.project, MAIN)
    assert verdict.base.source == "not readable"
    assert verdict.outcome.call == "not comparable"
    assert gates(verdict)["primary"].result == "not available"
    assert not verdict.has_passed


def test_recorded_metrics_are_a_model_as_well(tmp_path: Path) -> None:
    request = PullRequest(tmp_path / "project")
    request.write_labels()
    request.made.commit(parts=[request.part], reports__metrics_json='{"schema": 1, "accuracy": 0.75}')
    request.begin_topic()
    request.commit_model([])
    verdict = draw_up(request.project, MAIN)
    assert (verdict.base.source, verdict.outcome.base, verdict.outcome.head) == ("metrics only", 0.75, 1.0)
    assert verdict.outcome.difference is None
    assert gates(verdict)["primary"].result == "not available"


def test_a_waiver_counts_on_the_branch_that_adds_it_only(worse: PullRequest) -> None:
    entry = "- gate: primary\n  reason: another camera\n  by: ada\n"
    (worse.root / "waivers.yaml").write_text(entry, encoding="utf-8")
    gate = gates(draw_up(worse.project, MAIN))["primary"]
    assert (gate.result, gate.waiver) == ("waived", Waiver(reason="another camera", by="ada", source="file"))
    worse.made.commit()
    worse.made.git("checkout", "-q", "-b", "next")
    worse.commit_model(range(40))
    verdict = draw_up(worse.project, Question("topic"))
    assert (gates(verdict)["primary"].result, verdict.has_passed) == ("fail", False)


def test_the_command_line_waives_before_the_file(worse: PullRequest) -> None:
    entry = "- gate: primary\n  reason: in the file\n  by: ada\n"
    (worse.root / "waivers.yaml").write_text(entry, encoding="utf-8")
    label = Waiver(reason="on the pull request", by="grace", source="label")
    verdict = draw_up(worse.project, Question("main", waivers={"primary": label}))
    assert gates(verdict)["primary"].waiver == label


def test_under_aggregate_neither_images_nor_values_of_columns_are_told(tmp_path: Path) -> None:
    private = {"project__disclose": "aggregate", "gate__subgroup_columns": ["site"]}
    verdict = draw_up(open_request(tmp_path / "project", **private).project, MAIN)
    assert verdict.flips == Flips(fixed=[], broken=[])
    assert verdict.subgroups == []
    assert gates(verdict)["subgroups:site"].result == "not available"
    text = json.dumps(verdict.as_dict())
    assert "site True" not in text
    assert [number for number in TEST if tiny_id(number) in text] == []


def test_under_aggregate_groups_stay_one_witness_without_their_names(tmp_path: Path) -> None:
    request = open_request(tmp_path / "project", cells=("", "patient {}", ""))
    open_ = read_working_tree(request.project)
    closed = as_disclosed(open_, Disclosure("aggregate"))
    assert isinstance(open_.predictions, Predictions)
    assert isinstance(closed.predictions, Predictions)
    assert closed.predictions.further == []
    assert closed.predictions.groups.count == open_.predictions.groups.count == 20
    assert set(closed.predictions.column("group")) <= set(closed.predictions.column("id"))
    assert as_disclosed(open_, Disclosure("ids")) is open_


def test_labels_that_cannot_be_read_are_not_quoted_under_aggregate(tmp_path: Path) -> None:
    request = open_request(tmp_path / "project", project__disclose="aggregate")
    for level in ("aggregate", "ids"):
        text = request.project.params.read_text(encoding="utf-8")
        request.project.params.write_text(text.replace("disclose: aggregate", f"disclose: {level}"), encoding="utf-8")
        request.write_labels()
        with request.project.labels.open("a", encoding="utf-8") as stream:
            stream.write("jane.png,cat,,,test,\n")
        told = reason(draw_up(request.project, MAIN).data)
        assert ("jane" in told) is (level == "ids")


def test_a_report_names_no_place_on_this_disk(worse: PullRequest) -> None:
    worse.project.labels.unlink()
    worse.project.noise.write_text("{", encoding="utf-8")
    for name in ("dvc.lock", "dvc.yaml"):
        (worse.root / name).write_text("{", encoding="utf-8")
    verdict = draw_up(worse.project, Question("main", worse.project.predictions, rescore=False))
    assert reason(verdict.data) == "expected data/labels.csv, found nothing"
    assert "is not JSON" in reason(verdict.noise)
    assert str(worse.root.parent) not in json.dumps(verdict.as_dict())
    command = "winnow report --predictions reports/predictions.parquet --no-rescore --base "
    assert verdict.provenance.commands[-1].startswith(command)


def test_why_a_model_was_not_asked_again_names_no_place_either(tmp_path: Path) -> None:
    request = PullRequest(tmp_path / "project")
    scores = request.write_model(range(6))
    some = replace(scores, table=scores.table.slice(0, 30), probabilities=scores.probabilities[:30])
    save(request.project.predictions, some)
    request.made.commit(parts=[request.part])
    request.begin_topic()
    request.commit_model(range(20))
    (request.root / ".git" / "worktrees").touch()  # where Git wants a folder
    test_set = draw_up(request.project, MAIN).test_set
    assert isinstance(test_set, TestSet)
    [note] = test_set.notes
    assert note.startswith("test images that are new since main: 10; its model was not asked: ")
    assert str(tmp_path) not in note


@pytest.mark.parametrize(
    "folder", ["clinic", pytest.param("clinic" * 40, marks=pytest.mark.skipif(os.name == "nt", reason="a short path"))]
)
def test_a_repository_of_somebody_else_is_called_by_its_folder(tmp_path: Path, folder: str) -> None:
    root = tmp_path / folder
    root.mkdir()
    call(root, "git", "init", "-q", "-b", "main")
    labels = {f"image {number}": "cat" if number % 2 else "dog" for number in range(20)}
    path = save(root / "my answers.csv", predict(labels, wrong=["image 3"]))
    call(root, "git", "add", "-A")
    call(root, "git", "commit", "-q", "-m", "x")
    save(path, predict(labels))
    verdict = draw_up(Project(root), Question("main", path))
    assert verdict.project == folder[:200]
    assert (verdict.outcome.call, verdict.outcome.num_images) == ("inconclusive", 20)
    assert list(gates(verdict)) == ["primary", "classes", "calibration"]
    assert "winnow report --predictions 'my answers.csv' --base" in verdict.provenance.commands[-1]
    assert {"data", "cost", "curves"} <= {name for name, part in verdict if isinstance(part, NotAvailable)}


def test_nothing_is_judged_without_a_base_predictions_or_rules(worse: PullRequest, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a commit, a branch or a tag, got 'nobody'"):
        draw_up(worse.project, Question("nobody"))
    with pytest.raises(InputError, match=r"expected reports/other\.parquet, found nothing"):
        draw_up(worse.project, Question("main", worse.root / "reports" / "other.parquet"))
    text = worse.project.params.read_text(encoding="utf-8")
    worse.project.params.write_text(text.replace("alpha: 0.05", "alpha: 5"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"gate\.alpha"):
        draw_up(worse.project, MAIN)
    with pytest.raises(UsageError, match="lies in no Git repository"):
        draw_up(Project(tmp_path), MAIN)
