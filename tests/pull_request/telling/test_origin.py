import dataclasses
from typing import Any

import pytest
from post_scene import NOTHING_STORED, pipeline_run
from sample_verdicts import HEAD

from winnow.github.runs import Run
from winnow.markup.markdown import to_markdown
from winnow.pull_request.record import Smoke, Store
from winnow.pull_request.telling.origin import ADD_REMOTE, last_words, origin_block

RUN = Run(
    *(1, "pipeline", ".github/workflows/pipeline.yaml", "pull_request", HEAD, "topic", 1, "rice/leaves", "completed"),
    *("success", "https://example.org/runs/1", 1, None),
)


def text_of(*, is_fork: bool = False, run: Run = RUN, **changes: Any) -> str:
    return to_markdown([origin_block(pipeline_run(**changes), run, is_fork=is_fork)])


def test_a_rebuilt_model_names_the_stages_and_their_time() -> None:
    text = text_of()
    assert text.startswith("### 🔁 How it came about: rebuilt")
    assert "- these stages ran: <code>train</code>, <code>evaluate</code>" in text
    assert "<b>Time</b>: 1 min 39 s" in text
    assert "| <code>dvc repro</code> | 1 min 35 s |" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "unchanged"}, "DVC found nothing to run"),
        (
            {"state": "in git", "reason": "data/images: not here\nlong story"},
            "nothing ran\n\n- <code>data&#47;images&#58;</code> not here\n",
        ),
        (
            {"state": "failed", "stages": ["prepare"]},
            "How it came about: a stage failed\n\n- stages up to the one that failed: <code>prepare</code>",
        ),
        ({"state": "failed", "stages": []}, "How it came about: a stage failed\n\n- [the run"),
    ],
)
def test_other_ways_are_told(changes: dict[str, Any], words: str) -> None:
    assert words in text_of(**changes)


def test_a_lock_that_is_not_current_says_how_to_accept_what_ran() -> None:
    text = text_of(is_lock_current=False)
    assert "<code>dvc&#46;lock</code><b> is not current</b>" in text
    assert "label <code>winnow&#58;accept</code> commits what this run made; nothing is trained again" in text
    assert "is not current" not in text_of(is_lock_current=True)
    assert "is not current" not in text_of(is_lock_current=False, state="failed"), "nothing was made to be recorded"


@pytest.mark.parametrize(("state", "is_fork"), [("in git", False), ("rebuilt", True)])
def test_where_there_is_nothing_to_accept_it_says_what_to_run(state: str, *, is_fork: bool) -> None:
    text = text_of(is_lock_current=False, state=state, is_fork=is_fork)
    assert "run <code>dvc repro --pull</code> and commit what it changes" in text
    assert "accept" not in text


def test_without_a_remote_it_says_what_that_means_and_how_to_add_one() -> None:
    text = text_of(store=NOTHING_STORED)
    assert "- ⚠️ <b>no DVC remote</b>: what Git does not hold ends with its run, and every run trains anew" in text
    assert f"```sh\n{ADD_REMOTE}\n```" in text
    assert "1 new object of DVC (2 bytes) end with this run" in text_of(
        store=Store(remote="none", num_objects=1, num_bytes=2)
    )


@pytest.mark.parametrize(
    ("store", "words"),
    [
        (
            Store(remote="readable", num_objects=3, num_bytes=12_300_000),
            "3 new objects of DVC (12.3 MB) were handed over",
        ),
        (Store(remote="readable", num_objects=0, num_bytes=0), "the DVC remote has every object"),
        (Store(remote="not readable", num_objects=0, num_bytes=0), "could not read the DVC remote"),
        (Store(remote="not readable", num_objects=2, num_bytes=10), "2 new objects of DVC (10 bytes) were made"),
    ],
)
def test_objects_are_stored_or_not(store: Store, words: str) -> None:
    text = text_of(store=store)
    assert words in text
    assert ADD_REMOTE not in text


def test_a_smoke_run_passed_or_shows_its_last_words() -> None:
    assert "- ✅ smoke: the pipeline of this commit runs on the embedded digits" in text_of(
        smoke=Smoke(passed=True, message="")
    )
    text = text_of(smoke=Smoke(passed=False, message="Traceback\nValueError: @ada"))
    assert "- ❌ smoke: <b>the pipeline of this commit does not run</b> on the embedded digits" in text
    assert "```sh\nTraceback\nValueError: @ada\n```" in text
    assert "smoke" not in text_of()


def test_a_run_that_did_not_end_well_is_said_to_beside_its_link() -> None:
    assert "- [the run (example.org)](https://example.org/runs/1)\n" in text_of()
    assert "runs/1) did not end well" in text_of(run=dataclasses.replace(RUN, conclusion="failure"))


def test_last_words_are_the_last_lines_short_and_printable() -> None:
    text = "\n".join([*(f"line {number}" for number in range(40)), "", "\x1b[31mred\u202e", "x" * 5_000])
    words = list(last_words(text))
    assert len(words) == 12
    assert words[-2] == "\ufffd[31mred\ufffd"
    assert len(words[-1]) == 300


def test_a_forks_run_knows_nothing_of_the_remote_and_says_nothing_of_it() -> None:
    text = text_of(store=NOTHING_STORED, is_fork=True)
    assert "remote" not in text
    assert "stored" not in text
