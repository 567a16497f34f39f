import hashlib
import json
from pathlib import Path

import pytest
from branches import Branches

from winnow.errors import InputError
from winnow.project import Project
from winnow.repository.outputs import list_folder_at, read_output, read_output_at, read_recorded_object

CONTENT = b"id,label,prob_cat\n"
OTHER = b"something else"
FOLDER = "reports/out"


@pytest.fixture
def made(tmp_path: Path) -> Branches:
    """A Git and DVC repository without a project in it."""
    made = Branches.create(tmp_path / "repository")
    (made.project.root / "params.yaml").unlink()
    return made


def lock(path: str, md5: str, stage: str = "evaluate") -> str:
    """Return the text of a `dvc.lock` with one output."""
    out = f"    - path: {path}\n      hash: md5\n      md5: {md5}\n      size: 1\n"
    return f"schema: '2.0'\nstages:\n  {stage}:\n    cmd: x\n    outs:\n{out}"


def listing(made: Branches, **files: bytes) -> str:
    """Put a folder into the cache; return the MD5 of its listing."""
    entries = [{"md5": made.put(content), "relpath": name.replace("__", "/")} for name, content in files.items()]
    return made.put(json.dumps(entries).encode(), ".dir")


def place(made: Branches, name: str) -> Path:
    return made.project.root / name


def test_what_git_holds_comes_from_git(made: Branches) -> None:
    first = made.commit(reports__x="old")
    made.commit(reports__x="new")
    found = read_output_at(made.project, first, place(made, "reports/x"))
    assert found is not None
    assert (found.content, found.source) == (b"old", "git")
    now = read_output(made.project, place(made, "reports/x"))
    assert now is not None
    assert (now.content, now.source) == (b"new", "working tree")


def test_a_stages_output_is_found_through_the_lock_of_that_revision(made: Branches) -> None:
    path = place(made, "reports/p.csv")
    first = made.commit(dvc_lock=lock("reports/p.csv", made.put(CONTENT)))
    second = made.commit(dvc_lock=lock("reports/p.csv", made.put(OTHER)))
    found = [read_output_at(made.project, commit, path) for commit in (first, second)]
    assert [(each.content, each.source) for each in found if each] == [(CONTENT, "dvc"), (OTHER, "dvc")]
    here = read_output(made.project, path)
    assert here is not None
    assert (here.content, here.source) == (OTHER, "dvc")


def test_a_pointer_is_followed_and_may_name_its_folder(made: Branches) -> None:
    text = f"wdir: ..\nouts:\n- md5: {made.put(CONTENT)}\n  hash: md5\n  path: reports/p.csv\n"
    commit = made.commit()
    assert read_output_at(made.project, commit, place(made, "reports/p.csv")) is None
    place(made, "reports").mkdir()
    place(made, "reports/p.csv.dvc").write_text(text, encoding="utf-8")
    found = read_output_at(made.project, made.commit(), place(made, "reports/p.csv"))
    assert found is not None
    assert found.content == CONTENT


@pytest.mark.parametrize("by_pointer", [True, False])
def test_a_file_below_a_folder_is_found_in_its_listing(made: Branches, by_pointer: bool) -> None:
    md5 = listing(made, deep__p=CONTENT, other=OTHER)
    if by_pointer:
        place(made, "reports").mkdir()
        text = f"outs:\n- md5: {md5}\n  nfiles: 2\n  path: out\n"
        place(made, "reports/out.dvc").write_text(text, encoding="utf-8")
        commit = made.commit()
    else:
        commit = made.commit(dvc_lock=lock(FOLDER, md5))
    found = read_output_at(made.project, commit, place(made, f"{FOLDER}/deep/p"))
    assert found is not None
    assert (found.content, found.source) == (CONTENT, "dvc")
    assert read_output_at(made.project, commit, place(made, f"{FOLDER}/deep/absent")) is None
    assert read_output_at(made.project, commit, place(made, FOLDER)) is None
    assert list(list_folder_at(made.project, commit, place(made, FOLDER))) == ["deep/p", "other"]
    assert list_folder_at(made.project, commit, place(made, "reports/none")) == {}


@pytest.mark.slow  # DVC itself is started
def test_what_the_cache_lacks_comes_from_the_remote(made: Branches, tmp_path: Path) -> None:
    md5 = made.put(CONTENT)
    made.set_remote(tmp_path / "store")
    (made.objects / md5[:2] / md5[2:]).unlink()
    commit = made.commit(dvc_lock=lock("p.csv", md5))
    found = read_output_at(made.project, commit, place(made, "p.csv"))
    assert found is not None
    assert (found.content, found.source) == (CONTENT, "dvc")


@pytest.mark.slow  # DVC itself is started
def test_what_neither_has_is_named_with_its_commit(made: Branches) -> None:
    commit = made.commit(dvc_lock=lock("p.csv", "0" * 32))
    with pytest.raises(InputError, match=rf"p\.csv of {commit[:12]} is neither in DVC's cache nor in the remote"):
        read_output_at(made.project, commit, place(made, "p.csv"))


@pytest.mark.slow  # DVC itself is started
def test_what_dvc_2_recorded_is_read_as_dvc_reads_it(made: Branches) -> None:
    # Its hashes take CRLF for LF, and its objects lie elsewhere.
    content = CONTENT.replace(b"\n", b"\r\n")
    md5 = hashlib.md5(CONTENT).hexdigest()
    there = made.objects.parents[1] / md5[:2] / md5[2:]
    there.parent.mkdir(parents=True)
    there.write_bytes(content)
    text = lock("p.csv", md5).replace("      hash: md5\n", "")
    commit = made.commit(dvc_lock=text, dvc_yaml="stages:\n  evaluate:\n    cmd: x\n    outs: [p.csv]\n")
    for found in (
        read_output_at(made.project, commit, place(made, "p.csv")),
        read_output(made.project, place(made, "p.csv")),
    ):
        assert found is not None
        assert found.content == content
    there.unlink()
    with pytest.raises(InputError, match="is neither in DVC's cache nor in the remote"):
        read_output_at(made.project, commit, place(made, "p.csv"))


def test_a_listing_that_is_none_is_refused(made: Branches) -> None:
    commit = made.commit(dvc_lock=lock(FOLDER, made.put(b"[1]", ".dir")))
    with pytest.raises(InputError, match=r"expected DVC's list of a folder"):
        read_output_at(made.project, commit, place(made, f"{FOLDER}/x"))


def test_a_path_outside_of_the_repository_is_refused(made: Branches, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lies outside of the repository"):
        read_output_at(made.project, made.commit(), tmp_path / "p.csv")


def test_without_dvc_or_git_the_reason_is_said(made: Branches, tmp_path: Path) -> None:
    assert read_output(Project(tmp_path), tmp_path / "p.csv") is None
    with pytest.raises(InputError, match="lies in no DVC repository"):
        read_recorded_object(tmp_path / "p.csv", "0" * 32, "p.csv")
