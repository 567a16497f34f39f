import json
from pathlib import Path

import pytest
from judged import PullRequest, open_request

from winnow.commands.report import report, waivers_of_label
from winnow.errors import ExitCode, UsageError
from winnow.records import NotAvailable
from winnow.verdict.drawing_up import Question
from winnow.verdict.record.context import Waiver
from winnow.verdict.record.verdict import Verdict

MAIN = Question("main")
WAIVER = Waiver(reason="a new camera", by="ada", source="label")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> PullRequest:
    return open_request(tmp_path_factory.mktemp("opened") / "project")


@pytest.fixture
def worse(opened: PullRequest, tmp_path: Path) -> PullRequest:
    return opened.copied(tmp_path / "project")


def test_a_worse_model_fails_and_all_three_files_tell_so(worse: PullRequest) -> None:
    result = report(worse.project, MAIN)
    assert result.exit_code is ExitCode.FAILED
    assert result.lines()[0].startswith("worse: accuracy 0.850 -> 0.500")
    assert [path.as_posix() for path in result.written] == [
        "reports/verdict.json",
        "reports/report.md",
        "reports/report.html",
    ]
    assert result.lines()[-3:] == [f"wrote {path.as_posix()}" for path in result.written]
    assert worse.project.comment.read_text(encoding="utf-8").startswith("### ❌ worse")
    assert "worse</h1>" in worse.project.report_page.read_text(encoding="utf-8")


def test_the_file_the_printed_data_and_the_record_are_one(worse: PullRequest) -> None:
    result = report(worse.project, MAIN)
    content = json.loads(worse.project.verdict.read_text(encoding="utf-8"))
    assert content == json.loads(json.dumps(result.records()))
    assert Verdict.from_dict(content, "verdict.json") == result.verdict


def test_the_same_question_gives_the_same_bytes(worse: PullRequest) -> None:
    files = (worse.project.verdict, worse.project.comment, worse.project.report_page)
    report(worse.project, MAIN)
    first = [path.read_bytes() for path in files]
    report(worse.project, MAIN)
    assert [path.read_bytes() for path in files] == first


def test_a_waived_gate_passes(worse: PullRequest) -> None:
    result = report(worse.project, Question("main", waivers={"primary": WAIVER}))
    assert result.exit_code is ExitCode.OK
    assert "a new camera" in worse.project.comment.read_text(encoding="utf-8")


def test_the_page_shows_the_broken_images_that_lie_here_and_the_comment_none(worse: PullRequest) -> None:
    report(worse.project, MAIN)
    page, comment = (path.read_text(encoding="utf-8") for path in (worse.project.report_page, worse.project.comment))
    assert page.count("data:image/") == 14
    assert "19.png" in page
    assert "19.png" not in comment
    assert "data:image/" not in comment


def test_pictures_that_are_not_here_are_no_mistake(worse: PullRequest) -> None:
    (worse.project.images / worse.part).unlink()
    assert report(worse.project, MAIN).exit_code is ExitCode.FAILED
    assert "data:image/" not in worse.project.report_page.read_text(encoding="utf-8")


def test_labels_that_cannot_be_read_leave_the_page_without_pictures(worse: PullRequest) -> None:
    worse.project.labels.write_text("nonsense\n", encoding="utf-8")
    result = report(worse.project, MAIN)
    assert result.exit_code is ExitCode.FAILED
    assert isinstance(result.verdict.data, NotAvailable)
    assert "data:image/" not in worse.project.report_page.read_text(encoding="utf-8")


def test_a_file_in_the_place_of_the_folder_is_refused_before_work_is_done(tmp_path: Path) -> None:
    request = open_request(tmp_path / "project")
    elsewhere = request.root / "predictions.parquet"
    request.project.predictions.rename(elsewhere)
    (request.root / "reports" / "metrics.json").unlink()
    (request.root / "reports").rmdir()
    (request.root / "reports").touch()
    with pytest.raises(UsageError, match="expected a folder `reports`, got a file"):
        report(request.project, Question("main", elsewhere))


def test_a_waiver_on_the_command_line_says_gate_reason_and_name() -> None:
    assert waivers_of_label(["primary = a new camera ", "floor:accuracy=a=b"], " ada ") == {
        "primary": WAIVER,
        "floor:accuracy": Waiver(reason="a=b", by="ada", source="label"),
    }
    assert waivers_of_label([], None) == {}


@pytest.mark.parametrize(
    ("text", "by"), [("primary", "ada"), ("=why", "ada"), ("primary=", "ada"), ("primary=why", None), ("a=b", " ")]
)
def test_a_waiver_that_nobody_answers_for_is_refused(text: str, by: str | None) -> None:
    with pytest.raises(UsageError, match="expected --waive GATE=REASON and --waived-by NAME"):
        waivers_of_label([text], by)
