import dataclasses
import re
from typing import Any

import pytest
from post_scene import data_run, pipeline_run
from sample_verdicts import HEAD, better, worse

from winnow.github.runs import Run
from winnow.markup.markdown import MAX_CHARS, to_markdown
from winnow.pull_request.handed.gathering import Gathered, Handed, Seen
from winnow.pull_request.handed.handover import PipelineResult
from winnow.pull_request.record import Checks, Finding, Smoke
from winnow.pull_request.telling.page import MAX_TITLE, REST, page_of, summary_of, title_of
from winnow.pull_request.telling.standing import Standing
from winnow.records import NotAvailable
from winnow.verdict.record.context import Side

RUN = Run(
    *(1, "pipeline", ".github/workflows/pipeline.yaml", "pull_request", HEAD, "topic", 1, "rice/leaves", "completed"),
    *("success", "https://example.org/runs/1", 1, None),
)
WHY_NOT = "its code ran without secrets and wrote them; read the code before you believe it"
RUNNING = dataclasses.replace(RUN, status="in_progress", conclusion="")
MENTION, PICTURE = "@ada #1 <img src=x onerror=alert(1)>", "![x](https://evil.example/y.png)"
HOSTILE = f"{MENTION} {PICTURE} [z](https://evil.example) `a` |b| </code>\n# c"


def standing(
    result: PipelineResult | None = None,
    *,
    data: Any = None,
    run: Run | None = RUN,
    is_fork: bool = False,
    folder: str = ".",
    refusal: str = "",
) -> Standing:
    seen = Seen(HEAD, is_fork=is_fork, is_ours_too=not is_fork, runs=[])
    handed = Handed(run, {folder: result} if result else {}, refusal)
    return Standing(folder, Gathered(seen, Handed(RUN, {folder: data} if data else {}), handed))


def text_of(which: Standing) -> str:
    return to_markdown(page_of(which), rest=REST)


def judged(verdict: Any = None, **changes: Any) -> PipelineResult:
    return PipelineResult(pipeline_run(**changes), verdict or better())


def test_a_verdict_comes_first_then_how_it_came_about_then_the_rest_of_the_account() -> None:
    text = text_of(standing(judged(), data=data_run()))
    assert text.startswith("### ✅ better: accuracy")
    titles = re.findall(r"^#### (.+?)(?::.*)?$", text, re.MULTILINE)
    assert titles[:3] == ["🔁 How it came about", "Gates", "Metrics"]
    assert "<code>this pull request</code> (<code>8b2e4d6f1a3c</code>) against <code>main</code>" in text
    assert "uncommitted" not in text
    assert "<b>Data checks</b>: 1 warning" in text
    assert text.count("12,000 → 12,400 images") == 1, "the verdict has the data already"


def test_a_verdict_that_knows_no_data_takes_the_data_workflows_word() -> None:
    verdict = better(data=NotAvailable(not_available="labels are not here"))
    assert "400 added" in text_of(standing(judged(verdict), data=data_run()))


def test_while_the_pipeline_runs_the_data_is_shown_and_the_run_linked() -> None:
    text = text_of(standing(data=data_run(), run=RUNNING))
    assert text.startswith("### 🟡 the pipeline is still running")
    assert "[the run (example.org)](https://example.org/runs/1)" in text
    assert "#### Data: 400 added" in text


def test_a_failed_pipeline_says_its_last_words_in_a_fence_whatever_they_are() -> None:
    reason = f"Traceback\n```\n{HOSTILE}\nValueError: no memory"
    text = text_of(standing(PipelineResult(pipeline_run(state="failed", reason=reason), None)))
    assert text.startswith("### ❌ the pipeline failed")
    fence = text.index("````sh")
    assert fence < text.index("ValueError: no memory") < text.index("\n````\n", fence)
    assert text.index("@ada") > fence


def test_a_pipeline_that_handed_over_nothing_is_said_to() -> None:
    text = text_of(standing(run=dataclasses.replace(RUN, conclusion="failure")))
    assert "it handed over nothing; its log has the reason" in text


def test_nothing_to_judge_is_no_failed_pipeline() -> None:
    result = PipelineResult(pipeline_run(state="in git", reason="no images here\nthere is no model"), None)
    text = text_of(standing(result))
    assert text.startswith("### ❌ nothing could be judged")
    assert "there is no model" in text


@pytest.mark.parametrize(("conclusion", "words"), [("action_required", "approve"), ("cancelled", "run it again")])
def test_other_ends_of_a_run_say_what_a_person_can_do(conclusion: str, words: str) -> None:
    assert words in text_of(standing(run=dataclasses.replace(RUN, conclusion=conclusion)))


def test_an_untouched_project_and_one_without_a_pipeline_are_said_to_be() -> None:
    assert text_of(standing()).startswith("### ⚖️ nothing to judge")
    assert text_of(standing(data=data_run(), run=None)).startswith("### ❔ the data alone")


def test_a_refused_handover_shows_the_reason_and_nothing_of_it() -> None:
    text = text_of(standing(refusal="the handover was refused: the archive is broken"))
    assert text.startswith("### 🚫 the handover was refused")
    assert "the archive is broken" in text


def test_a_forks_numbers_are_its_own_word_and_a_project_has_its_name_first() -> None:
    text = text_of(standing(judged(), is_fork=True, folder="shop/rice"))
    assert text.splitlines()[2:4] == [
        "- project <code>shop&#47;rice</code>",
        f"- ⚠️ <b>the numbers are the fork's own word</b>: {WHY_NOT}",
    ]
    assert "own word" not in text_of(standing(judged()))


def test_what_makes_a_good_verdict_void_stands_in_front_of_it_and_in_the_title() -> None:
    which = standing(judged(smoke=Smoke(passed=False, message="Error: torn")), is_fork=True)
    assert "- ❌ <b>its code does not run</b>, so the check does not pass, [the run" in text_of(which)
    assert title_of(which).endswith(", but its code does not run; all required gates pass")


def test_titles_are_one_plain_line() -> None:
    assert title_of(standing(judged())) == (
        "better: accuracy 0.912 → 0.931, +1.9 points [+0.8, +3.0], p = 0.0004, n = 2,000; all required gates pass"
    )
    assert title_of(standing(judged(worse()))).startswith("worse: ")
    assert title_of(standing(run=RUNNING)) == "the pipeline is still running"
    long = better(outcome=better().outcome.model_copy(update={"metric": f"{HOSTILE} {'x' * 300}"}))
    assert len(title_of(standing(judged(long)))) <= MAX_TITLE
    assert "\n" not in title_of(standing(judged(long)))


def test_the_summary_of_the_check_is_the_beginning_of_the_page() -> None:
    summary = summary_of(standing(judged()))
    assert summary.startswith("### ✅ better")
    assert "Gates" in summary
    assert "Metrics" not in summary


def test_nothing_that_a_run_says_has_any_effect() -> None:
    finding = Finding(id="D101", severity="error", message=HOSTILE, hint=HOSTILE)
    data = data_run(checks=Checks(findings=[finding], num_images=1, not_run={HOSTILE: HOSTILE}))
    changes: dict[str, Any] = {"state": "in git", "reason": HOSTILE, "stages": [HOSTILE], "is_lock_current": False}
    verdict = better(project=HOSTILE, head=Side(name=HOSTILE, commit=None, source="git"))
    for result in (judged(verdict, **changes), judged(verdict, stages=[HOSTILE])):
        text = text_of(standing(result, data=data, is_fork=True))
        assert not re.search(
            r"@ada|<img|!\[|\]\(https://evil|https://evil|(?<![\w&])#1\b|^# c|\|b\|", text, re.MULTILINE
        )


def test_a_page_always_fits_into_a_comment() -> None:
    findings = [Finding(id="D101", severity="error", message="x" * 4_000, hint="y" * 4_000)] * 1_000
    data = data_run(checks=Checks(findings=findings, num_images=1, not_run={f"D{n}": "z" * 4_000 for n in range(999)}))
    reason = "w" * 4_000
    for result in (judged(worse()), PipelineResult(pipeline_run(state="failed", reason=reason), None), None):
        assert len(text_of(standing(result, data=data))) <= MAX_CHARS
