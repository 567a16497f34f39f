import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from winnow.errors import InputError, MachineError, UsageError
from winnow.ingest import tracking
from winnow.ingest.tracking import folder_md5, is_bare, require_joinable, track
from winnow.project import Project
from winnow.repository.dvc import Recorded, read_recorded


def part(project: Project, number: int) -> str:
    """Write a stand-in for a part and return its name."""
    name = f"part-{number:020x}.arrow"
    project.images.mkdir(parents=True, exist_ok=True)
    (project.images / name).write_bytes(b"part %d" % number)
    return name


def record(project: Project, *, size: int, num_files: int, md5: str = "0.dir") -> None:
    project.images_dvc.parent.mkdir(parents=True, exist_ok=True)
    text = f"outs:\n- md5: {md5}\n  size: {size}\n  nfiles: {num_files}\n  hash: md5\n  path: images\n"
    project.images_dvc.write_text(text, encoding="utf-8")


def test_a_clone_is_bare_when_no_recorded_part_is_here(project: Project) -> None:
    assert is_bare(project, track=True) is False
    record(project, size=12, num_files=2)
    assert is_bare(project, track=True) is True
    part(project, 1)
    part(project, 2)
    assert is_bare(project, track=True) is False


def test_a_folder_that_is_not_what_is_recorded_takes_no_part(project: Project) -> None:
    part(project, 1)
    record(project, size=12, num_files=2)
    with pytest.raises(InputError, match=r"records 2 parts, .* holds 1 or others\nhint: dvc checkout"):
        is_bare(project, track=True)
    assert is_bare(project, track=False) is False


def test_nothing_untracked_may_join_a_bare_clone(project: Project) -> None:
    with pytest.raises(UsageError, match="leave out --no-track"):
        require_joinable(project, track=False)


def test_an_interpreter_without_dvc_is_the_machines_fault(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    part(project, 1)
    monkeypatch.setattr(
        tracking, "call_dvc", lambda *_: subprocess.CompletedProcess(["x", "-m", "dvc"], 1, "", "No module")
    )
    with pytest.raises(MachineError, match="dvc failed: No module"):
        track(project, [part(project, 1)])


@pytest.mark.slow
def test_parts_join_the_record_and_its_hash_is_ours(repository: Project) -> None:
    names = [part(repository, 1)]
    assert track(repository, names) is False
    assert read_recorded(repository).md5 == folder_md5([repository.images / name for name in names])
    assert "/images" in (repository.root / "data" / ".gitignore").read_text(encoding="utf-8")
    names.append(part(repository, 2))
    assert track(repository, names[1:]) is False
    paths = [repository.images / name for name in names]
    assert read_recorded(repository) == Recorded(folder_md5(paths), sum(path.stat().st_size for path in paths), 2)

    # A lost cache does not stop a complete folder.
    shutil.rmtree(repository.root / ".dvc" / "cache")
    assert track(repository, [part(repository, 3)]) is False
    assert read_recorded(repository).num_files == 3


@pytest.mark.slow
def test_a_part_joins_on_a_bare_clone_and_leaves_the_folder_again(repository: Project, tmp_path: Path) -> None:
    first = part(repository, 1)
    track(repository, [first])
    bare = Project(tmp_path / "clone")
    shutil.copytree(repository.root, bare.root, ignore=shutil.ignore_patterns("images", "cache", "tmp"))
    with pytest.raises(InputError, match=r"neither here nor in a remote.*\nhint: `winnow add SOURCE`"):
        require_joinable(bare, track=True)

    # A remote has the layout of the cache.
    shutil.copytree(repository.root / ".dvc" / "cache", tmp_path / "store")
    remote = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {tmp_path / 'store'}\n"
    (bare.root / ".dvc" / "config").write_text(remote, encoding="utf-8")
    require_joinable(bare, track=True)
    second = part(bare, 2)
    both = folder_md5([repository.images / first, bare.images / second])
    assert track(bare, [second]) is True
    assert not bare.images.exists()
    assert read_recorded(bare).md5 == both


def test_a_folders_hash_is_that_of_its_listing(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    digests = [hashlib.md5(name.encode()).hexdigest() for name in "ab"]
    listing = f'[{{"md5": "{digests[0]}", "relpath": "a"}}, {{"md5": "{digests[1]}", "relpath": "b"}}]'
    expected = hashlib.md5(listing.encode()).hexdigest() + ".dir"
    assert folder_md5([tmp_path / "b", tmp_path / "a"]) == expected
