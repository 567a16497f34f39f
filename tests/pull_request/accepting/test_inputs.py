import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from places import git
from trained import GIT_HELD, Trained

from winnow.errors import CheckError, MachineError
from winnow.pull_request.accepting.checkout import Checkout, checked_out
from winnow.pull_request.accepting.inputs import lay_down, require_current, require_stored
from winnow.pull_request.handed.archive import RefusedError
from winnow.pull_request.handed.records_handover import Records
from winnow.repository.dvc import md5_bytes


@pytest.fixture
def checkout(trained: Trained) -> Iterator[Checkout]:
    with opened(trained) as checkout:
        yield checkout


def opened(trained: Trained) -> AbstractContextManager[Checkout]:
    return checked_out(trained.clone, trained.github(), trained.head, trained.repository.find("refs/heads/main"))


def records(trained: Trained) -> Records:
    return Records(trained.told_run(), trained.files)


def refusal(trained: Trained, checkout: Checkout) -> str:
    with pytest.raises(RefusedError) as caught:
        lay_down(checkout, records(trained))
    return caught.value.message.partition(": ")[2]


@pytest.mark.slow
def test_what_the_run_made_is_current_there_and_stored(trained: Trained, checkout: Checkout) -> None:
    changes = {change.path: change.content for change in lay_down(checkout, records(trained))}
    assert changes == {**{name: trained.files[name] for name in GIT_HELD}, "curves/old.csv": None}
    require_current(checkout, ".")
    assert require_stored(checkout, ".")


def test_bytes_that_the_lock_does_not_name(trained: Trained, checkout: Checkout) -> None:
    trained.files["metrics.json"] = b'{"accuracy": 0.9}'
    assert refusal(trained, checkout) == "a record is not the file that its lock names"


@pytest.mark.parametrize(
    ("name", "content"), [("curves/a.csv", b"x"), ("curves/more.csv", b"x"), ("curves/a.csv/x", b"x")]
)
def test_a_folder_is_what_the_lock_names_too(trained: Trained, checkout: Checkout, name: str, content: bytes) -> None:
    trained.files[name] = content
    assert refusal(trained, checkout) == "a record is not the file that its lock names"


@pytest.mark.parametrize("name", ["metrics.json", "curves/deep/b.csv", "dvc.lock"])
def test_a_record_that_is_not_handed_over(trained: Trained, checkout: Checkout, name: str) -> None:
    del trained.files[name]
    assert refusal(trained, checkout) in {"a record is not the file that its lock names", "it lacks a dvc.lock"}


def test_what_a_stage_cost_is_written_too(trained: Trained, checkout: Checkout) -> None:
    trained.files["reports/cost/train.json"] = b'{"wall_s": 2.5, "system": "Linux"}'
    changes = {change.path: change.content for change in lay_down(checkout, records(trained))}
    assert changes["reports/cost/train.json"] == trained.files["reports/cost/train.json"]


@pytest.mark.parametrize(
    "content", [b"no JSON", b"[]", b'{"wall_s": [1]}', b'{"a": "' + b"x" * 10_000 + b'"}', b"[" * 9_000]
)
def test_a_cost_is_plain_and_small(trained: Trained, checkout: Checkout, content: bytes) -> None:
    trained.files["reports/cost/train.json"] = content
    assert refusal(trained, checkout) == "the cost of a stage is not what winnow writes"


@pytest.mark.parametrize(
    "name", ["reports/cost/sweep.json", "train.py", "dvc.yaml", "params.yaml", "README.md", "new.txt", "model/weights"]
)
def test_a_file_that_is_no_output_in_git(trained: Trained, checkout: Checkout, name: str) -> None:
    trained.files[name] = b"planted"
    before = (checkout.root / name).read_bytes() if (checkout.root / name).exists() else None
    assert "no stage of this commit declares" in refusal(trained, checkout)
    assert ((checkout.root / name).read_bytes() if (checkout.root / name).exists() else None) == before


def test_a_lock_that_vouches_for_a_file_of_its_own(trained: Trained, checkout: Checkout) -> None:
    entry = f"    - path: train.py\n      hash: md5\n      md5: {md5_bytes(b'planted')}\n      size: 7\n"
    lock = trained.files["dvc.lock"].decode()
    trained.files |= {"dvc.lock": lock.replace("    outs:\n", f"    outs:\n{entry}").encode(), "train.py": b"planted"}
    assert "no stage of this commit declares" in refusal(trained, checkout)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a stage that this commit does not have|cannot read|is not what DVC writes"),
        (b"[1, 2]", "a stage that this commit does not have|cannot read"),
        (b"\xff", "not what DVC writes"),
        (b"{", "not what DVC writes"),
        (b"[" * 1_001, "larger than"),
        (b"schema: '2.0'\nstages:\n  other:\n    cmd: x\n", "a stage that this commit does not have"),
        (b"schema: '2.0'\nstages:\n  train: 7\n", "cannot read this commit's dvc.yaml"),
    ],
)
def test_a_lock_that_is_none(trained: Trained, checkout: Checkout, content: bytes, message: str) -> None:
    trained.files["dvc.lock"] = content
    with pytest.raises(RefusedError, match=message):
        lay_down(checkout, records(trained))


def test_a_lock_that_forgets_an_output(trained: Trained, checkout: Checkout) -> None:
    lines = trained.files["dvc.lock"].decode().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if "path: model" in line)
    trained.files["dvc.lock"] = "".join(lines[:place] + lines[place + 5 :]).encode()
    with pytest.raises(CheckError, match="does not belong to this commit's inputs: model"):
        lay_down(checkout, records(trained))


@pytest.mark.slow
def test_the_lock_of_other_inputs(trained: Trained) -> None:
    trained.push({"params.yaml": "seed: 3\n"})
    with opened(trained) as checkout:
        lay_down(checkout, records(trained))
        with pytest.raises(CheckError, match="does not belong to this commit's inputs: train"):
            require_current(checkout, ".")
    pointer = trained.tree("topic")["data.dvc"]
    md5 = pointer.partition("md5: ")[2].partition(".dir")[0]
    trained.push({"params.yaml": "seed: 2\n", "data.dvc": f"{pointer.replace(md5, md5[::-1])}\n"})
    with opened(trained) as checkout:
        lay_down(checkout, records(trained))
        with pytest.raises(CheckError, match="does not belong"):
            require_current(checkout, ".")


@pytest.mark.slow
def test_a_dependency_that_is_not_there_is_not_taken_for_data(trained: Trained) -> None:
    git(trained.work, "checkout", "-q", "-f", "topic")
    git(trained.work, "rm", "-q", "train.py")
    git(trained.work, "commit", "-q", "-m", "Without code")
    git(trained.work, "push", "-q", "origin", "topic")
    git(trained.work, "checkout", "-q", "-f", "main")
    with opened(trained) as checkout:
        lay_down(checkout, records(trained))
        with pytest.raises(CheckError, match=r"inputs: train\.py"):
            require_current(checkout, ".")


@pytest.mark.parametrize("place", ["metrics.json", "curves", "dvc.lock"])
def test_nothing_is_written_through_a_link(trained: Trained, tmp_path: Path, place: str) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("mine", encoding="utf-8")
    link(trained, place, target)
    with opened(trained) as checkout:
        assert "through a link" in refusal(trained, checkout)
    assert target.read_text(encoding="utf-8") == "mine"


def link(trained: Trained, place: str, target: Path) -> None:
    """Commit a link to the pull request, as Git on any system can."""
    git(trained.work, "checkout", "-q", "-f", "topic")
    git(trained.work, "rm", "-q", "-r", "--cached", "--ignore-unmatch", place)
    (trained.root / "link").write_text(str(target), encoding="utf-8")
    blob = git(trained.work, "hash-object", "-w", str(trained.root / "link"))
    git(trained.work, "update-index", "--add", "--cacheinfo", f"120000,{blob},{place}")
    git(trained.work, "commit", "-q", "-m", "A link")
    git(trained.work, "push", "-q", "origin", "topic")
    git(trained.work, "checkout", "-q", "-f", "main")


@pytest.mark.parametrize("state", ["in git", "failed"])
def test_a_run_that_built_nothing_has_nothing_to_accept(trained: Trained, checkout: Checkout, state: str) -> None:
    trained.told["state"] = state
    with pytest.raises(CheckError, match="built nothing for the project"):
        lay_down(checkout, records(trained))


def test_a_project_that_the_commit_does_not_have(trained: Trained, checkout: Checkout) -> None:
    trained.told["folder"] = "pets"
    assert refusal(trained, checkout) == "it tells of a project that this commit does not have"


@pytest.mark.slow
def test_an_object_that_the_remote_lost(trained: Trained, checkout: Checkout) -> None:
    lay_down(checkout, records(trained))
    inner = md5_bytes(b"weights 2")
    (trained.root / "storage" / "files" / "md5" / inner[:2] / inner[2:]).unlink()
    with pytest.raises(CheckError, match="not in the remote: model/weights"):
        require_stored(checkout, ".")
    shutil.rmtree(trained.root / "storage")
    with pytest.raises(MachineError, match="the remote cannot be asked"):
        require_stored(checkout, ".")


def test_without_a_remote_nothing_is_promised(trained: Trained) -> None:
    trained.push({".dvc/config": "[core]\n    analytics = false\n"}, branch="main")
    with opened(trained) as checkout:
        lay_down(checkout, records(trained))
        assert not require_stored(checkout, ".")


@pytest.mark.slow
def test_a_remote_that_the_pull_request_names_is_not_asked(trained: Trained) -> None:
    elsewhere = trained.root / "elsewhere"
    shutil.move(trained.root / "storage", elsewhere)
    (trained.root / "storage").mkdir()
    config = f"[core]\n    remote = mine\n['remote \"mine\"']\n    url = {elsewhere.as_posix()}\n"
    trained.push({".dvc/config": config})
    with opened(trained) as checkout:
        lay_down(checkout, records(trained))
        with pytest.raises(CheckError, match="objects that the project names are not in the remote"):
            require_stored(checkout, ".")
