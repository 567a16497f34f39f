"""What speaks for a model and what against, from Git and DVC alone."""

from pathlib import Path

import pytest
from registered import Workshop

from winnow.errors import CheckError
from winnow.registry.evidence import Evidence, at_commit, gather, hash_data, require_clean


def gathered(shop: Workshop, commit: str) -> Evidence:
    with at_commit(shop.project, commit) as there:
        return gather(shop.project, there, commit)


@pytest.mark.slow
def test_a_better_model_is_let_through_whatever_lies_in_the_work_tree(shop: Workshop) -> None:
    commit, base = shop.git("rev-parse", "HEAD", "HEAD~1").split()
    shop.project.predictions.write_bytes(b"changed by hand")
    (shop.root / "knob.txt").write_text("9")
    evidence = gathered(shop, commit)
    assert evidence.refusals == []
    assert (evidence.commit, evidence.base) == (commit, base)
    assert evidence.findings.outcome.call == "better"
    assert evidence.findings.metrics["accuracy"].value == pytest.approx(37 / 40)
    assert {gate.id: gate.result for gate in evidence.gate_results}["primary"] == "pass"
    assert sorted(evidence.files) == ["bundle/bundle.json", "bundle/model.safetensors"]
    assert evidence.data_hash == hash_data(shop.project, commit)
    assert shop.git("worktree", "list").count("\n") == 0, "the checkout is gone"


@pytest.mark.slow
def test_a_worse_model_a_stale_lock_and_a_missing_push_are_told_together(shop: Workshop) -> None:
    shop.commit_model("3", range(20), is_pushed=False)
    (shop.root / "make.py").write_text("# another program\n")
    primary, stale, unpushed = gathered(shop, shop.commit()).refusals
    assert primary.startswith("the required gate `primary` failed: 0 fixed and 17 broken images")
    assert stale == "dvc.lock is not current: `dvc repro` would run train"
    assert unpushed == "the remote lacks models/bundle: `dvc push`"


@pytest.mark.slow
def test_the_first_model_has_no_base_and_its_floors_hold(tmp_path: Path) -> None:
    floor = {"metric": "accuracy", "limit": 0.9, "level": "required"}
    shop = Workshop.build(tmp_path / "shop", gate__floors=[floor])
    (shop.root / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    commit = shop.commit_model("1", range(10), is_pushed=False)
    evidence = gathered(shop, commit)
    assert evidence.base is None
    assert [(gate.id, gate.result) for gate in evidence.gate_results] == [("floor:accuracy", "fail")]
    assert len(evidence.refusals) == 1, "without a remote nothing can be missing there"
    assert "`floor:accuracy` failed" in evidence.refusals[0]
    assert evidence.findings.metrics["accuracy"].value == 0.75


def test_the_data_hash_follows_labels_and_images_and_nothing_else(shop: Workshop) -> None:
    before = hash_data(shop.project, shop.git("rev-parse", "HEAD"))
    (shop.root / "knob.txt").write_text("9")
    assert hash_data(shop.project, shop.commit()) == before
    for path in (shop.project.labels, shop.project.images_dvc):
        path.write_text(path.read_text(encoding="utf-8").replace("cat", "dog").replace("size: ", "size: 1"))
        after = hash_data(shop.project, shop.commit())
        assert after != before
        before = after


def test_a_work_tree_with_anything_of_its_own_is_not_clean(shop: Workshop) -> None:
    require_clean(shop.project)
    (shop.root / "stray\n.txt").write_text("?")
    with pytest.raises(CheckError, match=r"got 1 changed or unknown files: stray .txt"):
        require_clean(shop.project)


def test_a_checkout_has_what_was_committed_and_the_storage_of_this_clone(shop: Workshop) -> None:
    (shop.root / "knob.txt").write_text("9")
    config = (shop.root / ".dvc" / "config").read_bytes()
    with at_commit(shop.project, shop.git("rev-parse", "HEAD")) as there:
        assert there.root != shop.root
        assert (there.root / "knob.txt").read_text() == "2"
        local = (there.root / ".dvc" / "config.local").read_text()
        [url] = [line.partition("url = ")[2] for line in local.splitlines() if "url = " in line]
        assert (there.root / ".dvc" / url).resolve() == (shop.folder / "storage").resolve()
        assert not there.bundle.exists()
    assert not there.root.exists()
    assert (shop.root / ".dvc" / "config").read_bytes() == config
    assert not (shop.root / ".dvc" / "config.local").exists()
