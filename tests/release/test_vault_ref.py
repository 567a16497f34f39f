"""Real Git, two clones: who opens the vault first, who comes second, and what a crash leaves behind."""

from typing import Any

import pytest
from registered import introduce
from release_samples import LOOK
from released import Works

from winnow.errors import CheckError, MachineError
from winnow.project import Project
from winnow.registry.entry import VaultLook
from winnow.release import vault_ref
from winnow.release.vault_ref import Opening, VaultRef

NAME = "refs/winnow/vault/projects/moles=classifier@v1.0.0"


def opening(look: VaultLook | None = None, **changes: object) -> Opening:
    content = {"artifact": "projects/moles:classifier", "version": "v1.0.0", "commit": "a" * 40, "sha256": "3" * 64}
    content["run"] = "0" * 16
    state = "looked" if look else "opened"
    return Opening.model_validate({**content, "state": state, "look": look, **changes})


def ref_in(project: Project) -> VaultRef:
    return VaultRef(project, "projects/moles:classifier", "v1.0.0")


def test_what_was_seen_is_there_for_everybody(works: Works) -> None:
    mine, theirs = ref_in(works.elsewhere("mine")), ref_in(works.elsewhere("theirs"))
    assert theirs.read() is None
    opened = mine.move(opening())
    found = theirs.read()
    assert found == (opened, opening())
    seen = mine.move(opening(LOOK), opened)
    assert theirs.read() == (seen, opening(LOOK))
    # No tag: neither GTO nor a workflow sees it; and the first state stays in its history.
    assert works.tags() == []
    assert works.git("ls-remote", "origin", "refs/winnow/*").split() == [seen, NAME]
    works.git("fetch", "-q", "origin", NAME)
    assert works.git("log", "--format=%s", "FETCH_HEAD").splitlines() == [
        "Have looked into the vault for projects/moles:classifier v1.0.0",
        "Open the vault for projects/moles:classifier v1.0.0",
    ]


def test_of_two_who_open_it_at_once_one_is_refused(works: Works) -> None:
    mine, theirs = ref_in(works.elsewhere("mine")), ref_in(works.elsewhere("theirs"))
    assert mine.read() is None
    assert theirs.read() is None
    opened = mine.move(opening())
    with pytest.raises(CheckError, match="somebody else has opened the vault"):
        theirs.move(opening())
    assert theirs.read() == (opened, opening())
    seen = mine.move(opening(LOOK), opened)
    with pytest.raises(CheckError, match="somebody else"):
        theirs.move(opening(LOOK), opened)
    assert theirs.read() == (seen, opening(LOOK)), "the first result stays"


def test_an_answer_that_was_lost_is_asked_for_again(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = ref_in(works.elsewhere("mine"))
    call = vault_ref.call_git

    def lose(project: Project, *arguments: str, **more: Any) -> Any:
        done = call(project, *arguments, **more)
        if arguments[0] == "push":
            done.returncode = 128
        return done

    monkeypatch.setattr(vault_ref, "call_git", lose)
    opened = mine.move(opening())
    assert mine.read() == (opened, opening())


def test_a_remote_that_refuses_is_told(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_ref, "_PAUSE_S", 0.0)
    hook = works.folder / "origin.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected >&2\nexit 1\n")
    hook.chmod(0o755)
    mine = ref_in(works.elsewhere("mine"))
    with pytest.raises(MachineError, match="protected"):
        mine.move(opening())
    assert mine.read() is None
    (works.folder / "origin.git").rename(works.folder / "gone.git")
    with pytest.raises(MachineError, match="cannot be asked"):
        mine.read()


def test_without_a_remote_the_repository_itself_keeps_it(works: Works) -> None:
    project = works.elsewhere("alone")
    VaultRef(project, "other", "v1.0.0")  # the remote is found for each anew
    introduce(project.root, "ada")
    works_git = Works(works.folder)
    works_git.root = project.root
    works_git.git("remote", "remove", "origin")
    ref = ref_in(project)
    opened = ref.move(opening())
    assert ref.read() == (opened, opening())
    with pytest.raises(CheckError, match="somebody else"):
        ref.move(opening())
    assert ref.clearing() == f"git update-ref -d '{NAME}'"


def test_a_record_of_somebody_else_is_refused(works: Works) -> None:
    tree = works.git("rev-parse", "HEAD^{tree}")
    stray = works.git("commit-tree", tree, "-m", "hello")
    works.git("push", "-q", "origin", f"{stray}:{NAME}")
    with pytest.raises(CheckError, match="holds no record of winnow"):
        ref_in(works.project).read()
    assert ref_in(works.project).clearing() == f"git push origin ':{NAME}'"
