"""Which workflows an event of a pull request starts, as GitHub reads the triggers; act reads none of the filters."""

import pytest
from github_loop import LOOP, starts
from workflow_files import workflow_files

FILES = {file.stem: file for file in workflow_files()}


@pytest.mark.parametrize(
    ("action", "changed", "started"),
    [
        ("opened", "README.md", {"pipeline"}),
        ("synchronize", "src/winnow/data/parts.py", {"pipeline"}),
        ("synchronize", "data/labels.csv", {"data", "pipeline"}),
        ("synchronize", "seeds/data/labels.csv", {"data", "pipeline"}),
        ("reopened", "seeds/data/images.dvc", {"data", "pipeline"}),
        ("opened", "params.yaml", {"data", "pipeline"}),
        ("labeled", "data/labels.csv", {"label"}),
        ("closed", "data/labels.csv", set()),
    ],
)
def test_what_an_event_starts(action: str, changed: str, started: set[str]) -> None:
    found = {name for name in LOOP if starts(FILES[name], "pull_request", {"action": action}, [changed])}
    assert found == started


def test_every_workflow_of_the_loop_is_there_and_waits_for_another_or_for_a_pull_request() -> None:
    for name in LOOP:
        assert {"pull_request", "workflow_run"} & set(FILES[name].triggers)
