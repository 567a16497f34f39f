from pathlib import Path

import pytest

from winnow.pull_request.job_summary import add_to_summary


def test_pages_are_appended_as_far_as_the_summary_has_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    add_to_summary(["one"])
    add_to_summary(["é" * 400_000, "x" * 300_000, "never"])
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("one\né")
    assert text.endswith("\nThe summary has a limit: the rest is in the artifact.\n")
    assert "x" not in text.removesuffix("The summary has a limit: the rest is in the artifact.\n")


def test_without_github_no_page_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    pages = iter(["one"])
    add_to_summary(pages)
    assert list(pages) == ["one"]
