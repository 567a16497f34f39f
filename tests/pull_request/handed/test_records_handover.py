import json
from typing import Any

import pytest
from trained import zipped

from winnow.pull_request.handed.archive import RefusedError
from winnow.pull_request.handed.records_handover import read_records
from winnow.pull_request.record import PipelineRun, Store

COMMIT = "ab" * 20


def run_file(**changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "folder": ".",
        "commit": COMMIT,
        "base": None,
        "steps": [],
        "state": "rebuilt",
        "reason": "",
        "stages": [],
        "is_lock_current": False,
        "smoke": None,
        "store": Store(remote="none", num_objects=0, num_bytes=0),
    }
    return json.dumps(PipelineRun.model_validate(fields | changes).as_dict()).encode()


@pytest.mark.parametrize("prefix", ["", "records/"])
def test_the_files_of_every_project(prefix: str) -> None:
    archive = {
        f"{prefix}0/run.json": run_file(),
        f"{prefix}0/files/dvc.lock": b"lock",
        f"{prefix}0/files/reports/a b/grün.csv": b"1",
        f"{prefix}0/files/.hidden": b"2",
        f"{prefix}11/run.json": run_file(folder="pets/cats", state="unchanged"),
        f"{prefix}11/files/run.json": b"a project may have one",
    }
    first, second = read_records(zipped(archive), COMMIT)
    assert first.files == {"dvc.lock": b"lock", "reports/a b/grün.csv": b"1", ".hidden": b"2"}
    assert (second.run.folder, second.run.state) == ("pets/cats", "unchanged")
    assert second.files == {"run.json": b"a project may have one"}


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "a/../../outside",
        "/etc/passwd",
        "a//b",
        "./a",
        "a/.",
        "C:/a",
        "a\\b",
        "a/b ",
        "a. /b",
        "a\nb",
        ".git/config",
        ".GIT/hooks/post-checkout",
        "sub/.git/config",
        ".github/workflows/ci.yaml",
        ".gitattributes",
        ".gitmodules",
        ".dvc/config",
        "sub/.DVC/config",
        "x" * 1001,
        "",
    ],
)
def test_a_path_that_is_no_plain_one_or_that_a_program_obeys_is_refused(name: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read_records(zipped({"0/run.json": run_file(), f"0/files/{name}": b"x"}), COMMIT)
    assert "unexpected name" in caught.value.message
    assert not name or name not in caught.value.message, "nothing of it is quoted"


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        ({}, "expected records of 1 to 20 projects"),
        ({"0/files/dvc.lock": b""}, "lacks a run.json"),
        ({"0/run.json": run_file(commit="cd" * 20)}, "about another commit"),
        ({"0/run.json": run_file(), "1/run.json": run_file()}, "a project twice"),
        ({"0/run.json": run_file(folder="A"), "1/run.json": run_file(folder="a")}, "a project twice"),
        ({"0/run.json": run_file(), "records/0/run.json": run_file()}, "a file twice"),
        ({"0/run.json": b"{"}, "not the JSON"),
        ({"0/run.json": b"{}"}, "does not hold"),
        ({"0/run.json": run_file(), "0/other": b""}, "unexpected name"),
        ({"verdict.json": b""}, "unexpected name"),
        ({f"{number}/run.json": run_file(folder=f"p{number}") for number in range(21)}, "expected records of 1 to 20"),
        ({f"0/files/{number}": b"" for number in range(2_001)}, "more than 2,000 members"),
    ],
)
def test_what_is_not_laid_out_as_it_has_to_be_is_refused(archive: dict[str, bytes], message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        read_records(zipped(archive), COMMIT)


def test_a_folder_outside_of_the_repository_is_no_project() -> None:
    told = json.loads(run_file())
    told["folder"] = "../other"
    with pytest.raises(RefusedError, match="does not hold"):
        read_records(zipped({"0/run.json": json.dumps(told).encode()}), COMMIT)
