"""Programs whose output goes to the log, and what is kept of it."""

from pathlib import Path

import pytest

from winnow.project import Project
from winnow.pull_request.record import MAX_TEXT
from winnow.pull_request.running.streaming import ask_winnow, last_words, stream, told

SCRIPT = """
import os, sys
print("\\033[32mgreen\\033[0m", "10 %\\r20 %", "\\a", os.getcwd())
print("wrong", file=sys.stderr)
sys.exit(3)
"""


def test_both_outputs_are_streamed_and_kept_without_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    ran = stream(Project(tmp_path), "script")
    assert ran.code == 3
    assert ran.lines == ["green 10 %", f"20 % \ufffd {tmp_path.resolve()}", "wrong"]
    assert "green" in capsys.readouterr().err


def test_last_words_are_the_end_and_name_no_place_on_this_disk(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert last_words(project, ["one", f"in {tmp_path / 'data'}"]) == "one\nin data"
    assert last_words(project, ["x" * MAX_TEXT, "end"]).endswith("xx\nend")
    assert len(last_words(project, ["x" * MAX_TEXT, "end"])) == MAX_TEXT


@pytest.mark.parametrize(
    ("params", "expected"),
    [("project: {disclose: ids}", "cat.png"), ("project: {disclose: aggregate}", "no"), ("project: [", "no")],
)
def test_what_may_name_images_is_told_from_ids_on(tmp_path: Path, params: str, expected: str) -> None:
    text = params.replace("disclose", "name: x, labels: git, compute: local, disclose")
    (tmp_path / "params.yaml").write_text(f"schema: 1\n{text}\n", encoding="utf-8")
    assert told(Project(tmp_path), ["cat.png"], "no") == expected


def test_another_command_is_asked_in_the_projects_folder(tmp_path: Path) -> None:
    done = ask_winnow(Project(tmp_path), "--version")
    assert (done.returncode, done.stdout[:7]) == (0, "winnow ")
