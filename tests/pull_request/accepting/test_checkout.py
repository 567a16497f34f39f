from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from places import git
from trained import Trained

from winnow.errors import InputError, MachineError
from winnow.github.commits import Change
from winnow.project import Project
from winnow.pull_request.accepting.checkout import Checkout, checked_out
from winnow.remotes.settings import read_remote
from winnow.repository.dry_run import dry_run


def main_of(trained: Trained) -> str:
    return trained.repository.find("refs/heads/main")


def test_the_files_of_the_commit_with_the_default_branchs_configuration(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "[core]\n    remote = theirs\n['remote \"theirs\"']\n    url = gs://theirs/store\n"
    head = trained.push({".dvc/config": config, "pets/.dvc/config": config, ".gitattributes": "* filter=shout\n"})
    for name, value in {"COUNT": "1", "KEY_0": "filter.shout.smudge", "VALUE_0": "tr a-z A-Z"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    with checked_out(trained.clone, trained.github(), head, main_of(trained)) as checkout:
        assert (checkout.root / "params.yaml").read_text(encoding="utf-8") == "seed: 2\n"
        assert (checkout.root / ".dvc" / "config").read_text(encoding="utf-8") != config
        assert not (checkout.root / "pets" / ".dvc").exists()
        remote = read_remote(Project(checkout.root))
        assert remote
        assert Path(remote.address.path) == trained.root.resolve() / "storage", "counted from the clone"
    assert not checkout.root.exists()


def test_the_tree_of_changes_is_gits_own(trained: Trained) -> None:
    with checked_out(trained.clone, trained.github(), trained.head, main_of(trained)) as checkout:
        changes = [
            Change("metrics.json", "100644", b"{}"),
            Change("new/a b.txt", "100755", b"x"),
            Change("curves/old.csv", "100644", None),
        ]
        tree = checkout.tree_with(changes)
        listed = git(checkout.root, "ls-tree", "-r", "--name-only", tree).splitlines()
        assert set(listed) == {*checkout.entries, "new/a b.txt"} - {"curves/old.csv"}
        assert git(checkout.root, "show", f"{tree}:metrics.json") == "{}"
        assert checkout.change("train.py", (checkout.root / "train.py").read_bytes()) is None
        assert checkout.change("train.py", b"x") == Change("train.py", "100644", b"x")
        assert checkout.change("none", None) is None


def test_a_link_is_a_file_and_no_way(trained: Trained, tmp_path: Path) -> None:
    git(trained.work, "checkout", "-q", "-f", "topic")
    (trained.root / "link").write_text(str(tmp_path), encoding="utf-8")
    blob = git(trained.work, "hash-object", "-w", str(trained.root / "link"))
    git(trained.work, "update-index", "--add", "--cacheinfo", f"120000,{blob},way")
    git(trained.work, "commit", "-q", "-m", "A link")
    git(trained.work, "push", "-q", "origin", "topic")
    with checked_out(trained.clone, trained.github(), trained.head, main_of(trained)) as checkout:
        assert not (checkout.root / "way").is_symlink()
        plain = {
            name: checkout.is_plain(name) for name in ("way", "way/a", "train.py", "train.py/a", "curves", "new/a")
        }
        assert plain == {
            "way": False,
            "way/a": False,
            "train.py": True,
            "train.py/a": False,
            "curves": False,
            "new/a": True,
        }


@pytest.mark.slow
def test_no_program_of_the_commit_is_run(trained: Trained, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    planted = f"import pathlib\npathlib.Path({str(marker)!r}).touch()\n"
    names = ("json.py", "dvc.py", "dvc/__init__.py", "sitecustomize.py", "ruamel.py")
    trained.push(dict.fromkeys(names, planted))
    with checked_out(trained.clone, trained.github(), trained.head, main_of(trained)) as checkout:
        assert dry_run(Project(checkout.root)).is_known
    assert not marker.exists()


def test_what_cannot_be_fetched_or_is_no_dvc_repository(trained: Trained) -> None:
    with pytest.raises(MachineError, match="Git cannot fetch"), _opened(trained, "ab" * 20, main_of(trained)):
        pass
    git(trained.work, "rm", "-q", ".dvc/config")
    trained_head = trained.head
    git(trained.work, "commit", "-q", "-m", "No DVC")
    git(trained.work, "push", "-q", "origin", "main")
    with pytest.raises(InputError, match=r"has no \.dvc/config"), _opened(trained, trained_head, main_of(trained)):
        pass


def _opened(trained: Trained, commit: str, settled: str) -> AbstractContextManager[Checkout]:
    return checked_out(trained.clone, trained.github(), commit, settled)
