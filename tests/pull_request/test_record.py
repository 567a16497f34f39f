from typing import Any

import pytest

from winnow.errors import FormatError, InputError
from winnow.pull_request.record import PipelineRun, Step, Store

SHA = "ab" * 20


def a_run(**changes: Any) -> PipelineRun:
    fields: dict[str, Any] = {
        "folder": ".",
        "commit": SHA,
        "base": None,
        "steps": [Step(name="dvc repro", seconds=1.5)],
        "state": "rebuilt",
        "reason": "",
        "stages": ["train"],
        "is_lock_current": False,
        "smoke": None,
        "store": Store(remote="none", num_objects=1, num_bytes=2),
    }
    return PipelineRun(**{**fields, **changes})


def test_a_run_comes_back_as_it_was_handed_over() -> None:
    assert PipelineRun.from_dict(a_run().as_dict(), "run.json") == a_run()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pull_request", 7),
        ("folder", "../elsewhere"),
        ("folder", "a/../b"),
        ("folder", "/a"),
        ("folder", "-a"),
        ("folder", "a\n"),
        ("folder", "ä"),
        ("commit", "main"),
        ("steps", [{"name": "x", "seconds": float("nan")}]),
        ("reason", "x" * 4_001),
        ("state", "approved"),
    ],
)
def test_anything_else_is_refused(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=key):
        PipelineRun.from_dict({**a_run().as_dict(), key: value}, "run.json")


@pytest.mark.parametrize("folder", [".", "rice", "projects/rice-2", "a_b/c.d"])
def test_a_project_may_lie_in_a_subfolder(folder: str) -> None:
    assert a_run(folder=folder).folder == folder


def test_another_schema_is_refused() -> None:
    with pytest.raises(FormatError, match="schema"):
        PipelineRun.from_dict({**a_run().as_dict(), "schema": 2}, "run.json")
