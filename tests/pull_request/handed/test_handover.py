import json
from typing import Any

import pytest
from post_scene import data_run, handed_over, handed_over_data, pipeline_run, zipped
from sample_verdicts import BASE, HEAD, better, data_diff, first, worse

from winnow.pull_request.handed.archive import RefusedError
from winnow.pull_request.handed.handover import read_data, read_pipeline
from winnow.pull_request.record import MAX_PROJECTS
from winnow.verdict.record.context import Side

OTHER = "9" * 40


def with_run(**changes: Any) -> bytes:
    return zipped({"0/run.json": json.dumps({**pipeline_run().as_dict(), **changes})})


def with_verdict(text: str | bytes) -> bytes:
    return zipped({"0/run.json": json.dumps(pipeline_run().as_dict()), "0/verdict.json": text})


def test_what_was_handed_over_comes_back_by_folder() -> None:
    shop = pipeline_run(folder="shop", state="failed", reason="no memory")
    results = read_pipeline(handed_over((pipeline_run(), better()), (shop, None)), HEAD)
    assert list(results) == [".", "shop"]
    assert (results["."].run, results["."].verdict) == (pipeline_run(), better())
    assert (results["shop"].run, results["shop"].verdict) == (shop, None)


def test_data_comes_back_by_folder() -> None:
    runs = [data_run(), data_run(folder="shop/rice", diff=data_diff())]
    assert read_data(handed_over_data(*runs), HEAD) == {".": runs[0], "shop/rice": runs[1]}


@pytest.mark.parametrize("verdict", [better(), first()])
def test_the_folder_in_front_may_be_there_or_not(verdict: Any) -> None:
    files = {"run.json": json.dumps(pipeline_run().as_dict()), "verdict.json": json.dumps(verdict.as_dict())}
    for front in ("", "verdict/"):
        [result] = read_pipeline(zipped({f"{front}0/{name}": text for name, text in files.items()}), HEAD).values()
        assert result.verdict == verdict


def test_a_verdict_from_a_working_tree_names_no_commit_and_is_taken() -> None:
    verdict = better(head=Side(name="the working tree", commit=None, source="working tree"))
    [result] = read_pipeline(handed_over((pipeline_run(), verdict)), HEAD).values()
    assert result.verdict == verdict


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (with_run(pull_request=7), "does not hold"),
        (with_run(commit=OTHER), "another commit"),
        (with_run(schema=2), "does not hold"),
        (with_run(folder="../../etc"), "does not hold"),
        (with_run(reason="\ud800"), "does not hold"),
        (zipped({"0/verdict.json": "{}"}), "lacks a run.json"),
        (zipped({"pwn.sh": "{}"}), "unexpected name"),
        (zipped({"data/0/run.json": "{}"}), "unexpected name"),
        (zipped({"0/run.json": "{}", "verdict/0/run.json": "{}"}), "twice"),
        (handed_over((pipeline_run(), None), (pipeline_run(), None)), "a project twice"),
        (handed_over((pipeline_run(folder="shop"), None), (pipeline_run(folder="Shop"), None)), "a project twice"),
        (with_verdict("not JSON"), "not the JSON"),
        (with_verdict("[]"), "not the JSON"),
        (with_verdict(b"\xff\xfe{\0}\0"), "not the JSON"),
        (with_verdict('{"schema": 1, "schema": 1}'), "not the JSON"),
        (with_verdict('{"a": NaN}'), "not the JSON"),
        (with_verdict('{"a": 1e999}'), "not the JSON"),
        (with_verdict(f'{{"a": {"9" * 5_000}}}'), "not the JSON"),
        (with_verdict("[" * 100_000), "not the JSON"),
        (with_verdict('{"a": ' + "[" * 40 + "]" * 40 + "}"), "not the JSON"),
        (with_verdict("{}"), "does not hold"),
        (with_verdict(json.dumps({**better().as_dict(), "merge": True})), "does not hold"),
        (with_verdict(json.dumps({"a": "x" * 16_000_001})), "larger than"),
    ],
)
def test_anything_else_is_refused_and_not_quoted(content: bytes, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason) as caught:
        read_pipeline(content, HEAD)
    assert not any(word in str(caught.value) for word in ("pull_request", OTHER, "etc", "pwn", "merge"))


@pytest.mark.parametrize(
    "verdict",
    [
        better(head=Side(name="HEAD", commit=OTHER, source="git")),
        better(base=Side(name="main", commit=OTHER, source="git")),
        better(provenance=better().provenance.model_copy(update={"merge_base": OTHER})),
    ],
)
def test_a_verdict_about_other_commits_than_its_run_is_refused(verdict: Any) -> None:
    with pytest.raises(RefusedError, match="other commits"):
        read_pipeline(handed_over((pipeline_run(), verdict)), HEAD)


def test_a_verdict_that_would_take_hours_to_write_down_is_refused() -> None:
    verdict = worse(subgroups=better().subgroups * 101)
    run = pipeline_run(base=verdict.base.commit, commit=verdict.head.commit)
    with pytest.raises(RefusedError, match="longer than"):
        read_pipeline(handed_over((run, verdict)), run.commit)


def test_more_projects_than_one_repository_has_are_refused() -> None:
    runs = [(pipeline_run(folder=f"p{number}"), None) for number in range(MAX_PROJECTS + 1)]
    assert len(read_pipeline(handed_over(*runs[:-1]), HEAD)) == MAX_PROJECTS
    with pytest.raises(RefusedError, match="more than 20 projects"):
        read_pipeline(handed_over(*runs), HEAD)


def test_a_run_without_a_base_takes_the_verdicts_word() -> None:
    [result] = read_pipeline(handed_over((pipeline_run(base=None), better())), HEAD).values()
    assert result.verdict is not None
    assert result.verdict.base.commit == BASE
