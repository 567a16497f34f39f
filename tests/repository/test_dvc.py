import json
from pathlib import Path

import pytest

from winnow.errors import InputError, UsageError
from winnow.project import Project
from winnow.repository.dvc import (
    Recorded,
    last_line,
    listing_bytes,
    listing_md5,
    load_yaml,
    md5_bytes,
    md5_file,
    parse_recorded,
    read_recorded,
    require_dvc,
    rewritten,
)

NEW = {"md5": "abc.dir", "size": 7, "nfiles": 2}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def record(project: Project, *, size: int, num_files: int, md5: str = "0.dir") -> None:
    project.images_dvc.parent.mkdir(parents=True, exist_ok=True)
    text = f"outs:\n- md5: {md5}\n  size: {size}\n  nfiles: {num_files}\n  hash: md5\n  path: images\n"
    project.images_dvc.write_text(text, encoding="utf-8")


def test_outside_a_dvc_repository_the_way_in_is_told(project: Project) -> None:
    with pytest.raises(UsageError, match="git init && dvc init"):
        require_dvc(project)


def test_a_project_may_lie_below_the_root_of_its_repository(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    require_dvc(Project(tmp_path / "a" / "b"))


def test_what_dvc_records_is_read(project: Project) -> None:
    assert read_recorded(project) is None
    record(project, size=12, num_files=2, md5="abc.dir")
    assert read_recorded(project) == Recorded(md5="abc.dir", size=12, num_files=2)


@pytest.mark.parametrize("text", ["", "outs: []", "outs:\n- md5: {", "outs:\n- {md5: a, path: images}"])
def test_a_malformed_record_is_refused(project: Project, text: str) -> None:
    project.images_dvc.parent.mkdir()
    project.images_dvc.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="git checkout"):
        read_recorded(project)


def test_another_revisions_record_is_read_from_its_text() -> None:
    text = "outs:\n- md5: abc.dir\n  size: 12\n  nfiles: 2\n  path: images\n"
    assert parse_recorded(text, Path("images.dvc")) == Recorded(md5="abc.dir", size=12, num_files=2)


def test_only_the_numbers_change() -> None:
    text = "# by hand\nouts:\n- md5: {}\n  size: {}\n  nfiles: {}\n  hash: md5\n  path: images\n  desc: 'size: 3'\n"
    assert rewritten(text.format("1.dir", 3, 1), NEW, Path("images")) == text.format("abc.dir", 7, 2)


def test_without_an_earlier_one_a_new_file_is_written() -> None:
    folder = "outs:\n- md5: abc.dir\n  size: 7\n  nfiles: 2\n  hash: md5\n  path: images\n"
    assert rewritten(None, NEW, Path("data/images")) == folder
    file = "outs:\n- md5: abc\n  size: 7\n  hash: md5\n  path: labels.csv\n"
    assert rewritten(None, {"md5": "abc", "size": 7}, Path("data/labels.csv")) == file


def test_numbers_are_found_however_a_person_has_indented_them() -> None:
    text = "md5: 0\nouts:\n  - md5: 1.dir\n    size: 3\n    nfiles: 1\n    path: images\n"
    expected = "md5: 0\nouts:\n  - md5: abc.dir\n    size: 7\n    nfiles: 2\n    path: images\n"
    assert rewritten(text, NEW, Path("images")) == expected
    with pytest.raises(InputError, match="expected a line with md5"):
        rewritten("outs: [{md5: 1.dir, size: 3, nfiles: 1, path: images}]\n", NEW, Path("images"))


def test_a_listing_is_sorted_and_named_by_its_hash() -> None:
    listing = {"part-b.arrow": "2" * 32, "part-a.arrow": "1" * 32}
    content = listing_bytes(listing)
    assert [entry["relpath"] for entry in json.loads(content)] == ["part-a.arrow", "part-b.arrow"]
    assert listing_md5(listing) == listing_md5(dict(reversed(listing.items())))
    assert listing_md5(listing) != listing_md5({"part-a.arrow": "1" * 32})


def test_bytes_and_a_file_of_them_have_one_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"winnow")
    assert md5_bytes(b"winnow") == md5_file(tmp_path / "file") == "c7c683c01ab99e6c8d919d53167a9a76"


def test_dvcs_error_is_found_among_its_advice() -> None:
    assert last_line("WARNING: a\nERROR: b - c\n\nHaving any troubles?") == "b - c"
    assert last_line("Traceback\nModuleNotFoundError: dvc\n") == "ModuleNotFoundError: dvc"
    assert last_line("") == "no message"


@pytest.mark.parametrize(("content", "message"), [(b"a: [", "is not valid YAML"), (b"- a", "expected a mapping")])
def test_yaml_that_is_no_mapping_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=rf"main: dvc\.lock:? {message}"):
        load_yaml(content, "main: dvc.lock")
