"""A model taken out of a repository is the one that was registered, or nothing is taken."""

import shutil
from pathlib import Path

import pytest
from registered import Workshop, entry_for, promote_quietly, tag_model

from repository import call
from winnow.attestation import FILE, take_sums
from winnow.errors import CheckError, InputError, MachineError, UsageError
from winnow.files import read_json
from winnow.project import Project
from winnow.registry.model_files import sum_model
from winnow.registry.pulling import Pulled, find_source, pull


@pytest.fixture
def commits(shop: Workshop) -> dict[str, str]:
    """Two registered versions of the workshop, the first in production."""
    old, new = shop.git("rev-parse", "HEAD~1", "HEAD").split()
    for version, commit in {"v1.0.0": old, "v1.1.0": new}.items():
        tag_model(shop.project, entry_for(commit, version, files=sum_model(shop.project, commit)))
    promote_quietly(shop.project, old, "v1.0.0")
    return {"v1.0.0": old, "v1.1.0": new}


def pulled(shop: Workshop, name: str, out: Path | None = None, repository: str | None = None) -> Pulled:
    with find_source(repository or str(shop.root)) as source:
        return pull(source, name, out, is_signature_required=False)


def test_by_name_version_and_stage(shop: Workshop, commits: dict[str, str]) -> None:
    for name, version, knob in [
        ("classifier", "v1.1.0", "2"),
        ("classifier@v1.0.0", "v1.0.0", "1"),
        ("classifier#production", "v1.0.0", "1"),
    ]:
        found = pulled(shop, name)
        assert (found.version, found.commit, found.signature) == (version, commits[version], "none")
        assert found.folder == shop.root / ".winnow" / "models" / f"classifier-{version}"
        assert (found.folder / "bundle" / "model.safetensors").read_text() == knob * 500
    assert shop.git("status", "--porcelain") == ""


def test_what_the_model_scored_travels_with_it(shop: Workshop, commits: dict[str, str]) -> None:
    content = read_json(pulled(shop, "classifier").folder / FILE, hint="")
    scored = entry_for(commits["v1.1.0"], "v1.1.0").metrics["accuracy"]
    assert content["metrics"]["accuracy"] == scored.value
    assert content["metrics"]["accuracy_low"] == scored.low


def test_a_clone_that_never_saw_the_data_pulls_through_the_remote(shop: Workshop, commits: dict[str, str]) -> None:
    shop.git("push", "-q", "--tags", "origin")
    found = pulled(shop, "classifier#production", repository=str(shop.clone("grace")))
    assert take_sums(found.folder)["bundle/model.safetensors"].num_bytes == 500
    assert not found.was_there


def test_a_git_address_is_cloned_for_the_while(shop: Workshop, commits: dict[str, str], tmp_path: Path) -> None:
    config = shop.root / ".dvc" / "config"
    config.write_text(config.read_text().replace("../../storage", str(shop.folder / "storage")))
    shop.commit("an address that holds everywhere")
    shop.git("push", "-q", "--tags", "origin")
    address = (shop.folder / "origin.git").as_uri()
    found = pulled(shop, "classifier@v1.0.0", tmp_path / "out", address)
    assert sorted(path.name for path in found.folder.iterdir()) == [FILE, "bundle"]


def test_a_model_that_is_there_is_checked_and_left_alone(shop: Workshop, commits: dict[str, str]) -> None:
    folder = pulled(shop, "classifier").folder
    assert pulled(shop, "classifier").was_there
    (folder / "bundle" / "bundle.json").write_text("{ }")
    with pytest.raises(CheckError, match=r"bundle/bundle\.json is other than registered"):
        pulled(shop, "classifier")


def test_a_folder_with_anything_else_is_left_alone(shop: Workshop, commits: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert not pulled(shop, "classifier", tmp_path / "out").was_there
    with pytest.raises(UsageError, match="expected an empty folder"):
        pulled(shop, "classifier@v1.0.0", tmp_path / "out")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").touch()
    with pytest.raises(UsageError, match="expected an empty folder"):
        pulled(shop, "classifier", tmp_path / "other")


def test_bytes_that_are_not_those_of_the_record_never_arrive(shop: Workshop, tmp_path: Path) -> None:
    commit = shop.git("rev-parse", "HEAD")
    sums = sum_model(shop.project, commit)
    other = {name: each.model_copy(update={"sha256": "0" * 64}) for name, each in sums.items()}
    tag_model(shop.project, entry_for(commit, files=other))
    with pytest.raises(CheckError, match="is other than registered"):
        pulled(shop, "classifier", tmp_path / "out")
    assert list(tmp_path.iterdir()) == [shop.folder]


def test_a_damaged_object_is_no_model(shop: Workshop, commits: dict[str, str], tmp_path: Path) -> None:
    for objects in (shop.root / ".dvc" / "cache", shop.folder / "storage"):
        for path in (objects / "files" / "md5").glob("*/*"):
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(InputError):
        pulled(shop, "classifier", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_winnow_did_not_record_cannot_be_checked(shop: Workshop) -> None:
    call(shop.root, "git", "tag", "-a", "-m", "by hand", "classifier@v5.0.0")
    with pytest.raises(CheckError, match=r"classifier@v5\.0\.0 carries no record"):
        pulled(shop, "classifier")


def test_a_model_without_bytes_anywhere_says_who_can_help(shop: Workshop, commits: dict[str, str]) -> None:
    for folder in (shop.root / ".dvc" / "cache", shop.folder / "storage" / "files"):
        shutil.rmtree(folder)
    with pytest.raises(InputError, match="neither in DVC's cache nor in the remote"):
        pulled(shop, "classifier")
    assert not (shop.root / ".winnow" / "models" / "classifier-v1.1.0").exists()


def test_an_address_that_cannot_be_cloned_is_told(tmp_path: Path) -> None:
    for address in ((tmp_path / "nowhere").as_uri(), "--upload-pack=touch x"):
        with pytest.raises(MachineError, match="git clone failed"), find_source(address):
            pass
    with pytest.raises(UsageError, match="lies in no Git repository"), find_source(str(tmp_path)):
        pass


def test_the_repository_here_is_found_from_any_folder_in_it(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.root / "data")
    with find_source(None) as source:
        assert source == Project(shop.root)
