"""The one look: what it needs, what it shows, and when it says no."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from branches import Branches, tiny_id
from predicted import predict
from registered import TEST
from released import VAULT, Works, label_of, rows

from winnow.changes.snapshot import working_tree
from winnow.errors import CheckError, InputError
from winnow.registry.entry import VaultLook
from winnow.registry.model_files import fetch_model, sum_model
from winnow.release.scoring import load_exported
from winnow.release.vault import Ticket, find_look, independent_difference, look, look_text, vault_images
from winnow.stats.intervals import score_bounds
from winnow.verdict.record.evidence import Estimate
from winnow.verdict.rules import read_rules


def ticket_of(works: Works) -> Ticket:
    commit = works.git("rev-parse", "HEAD")
    return Ticket(works.project, "classifier", "v1.0.0", commit, sum_model(works.project, commit))


def look_of(works: Works, folder: Path, *, wrong: Any = range(2), **rules: Any) -> VaultLook:
    """Let HEAD's model look, whose record of the test images has `wrong` ones."""
    ticket = ticket_of(works)
    fetch_model(works.project, ticket.commit, folder)
    test = predict({tiny_id(n): label_of(n) for n in TEST}, wrong=[tiny_id(n) for n in wrong])
    known = read_rules(works.project)
    judging = replace(known, gate=known.gate.model_copy(update=rules))
    return look(ticket, load_exported(folder), vault_images(working_tree(works.project)), test, judging)


def test_what_is_seen_is_kept_and_not_looked_for_twice(works: Works, tmp_path: Path) -> None:
    assert find_look(ticket_of(works)) is None
    found = look_of(works, tmp_path / "model")
    assert (found.vault.value, found.num_images, found.passed) == (1.0, len(VAULT), True)
    assert found.test.value == pytest.approx(0.95)
    assert find_look(ticket_of(works)) == found
    assert "on 40 images that nobody had looked at" in look_text(found)
    with pytest.raises(CheckError, match="somebody else has opened the vault"):
        look_of(works, tmp_path / "again")


def test_two_runs_of_one_bot_in_one_second_are_told_apart(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_DATE", "@1700000000 +0000")
    ticket = ticket_of(works)
    ticket.ref.move(ticket.opening())
    with pytest.raises(CheckError, match="somebody else has opened the vault"):
        ticket.ref.move(ticket.opening())


def test_a_model_that_only_knows_its_test_is_told_apart(works: Works, tmp_path: Path) -> None:
    works.release_model("4", range(2), says=[*range(2), *VAULT[:16]])
    found = look_of(works, tmp_path / "model")
    assert found.vault.value == pytest.approx(0.6)
    assert found.difference.high is not None
    assert found.difference.high < 0
    assert not found.passed
    assert look_text(found).endswith("worse than in test")
    assert find_look(ticket_of(works)) == found, "a bad result is a result"


def test_a_difference_that_may_be_chance_or_does_not_matter_passes(works: Works, tmp_path: Path) -> None:
    works.release_model("5", range(2), says=[*range(2), *VAULT[:4]])
    assert look_of(works, tmp_path / "chance").passed
    works.git("push", "-q", "origin", ":refs/winnow/vault/classifier@v1.0.0")
    works.release_model("6", range(2), says=[*range(2), *VAULT[:16]])
    assert look_of(works, tmp_path / "margin", margin=0.5).passed


def test_of_a_metric_that_is_better_when_lower_more_is_worse(works: Works, tmp_path: Path) -> None:
    works.release_model("7", range(2), says=[*range(2), *VAULT[:16]])
    found = look_of(works, tmp_path / "model", metric="log_loss")
    assert found.difference.value > 0
    assert not found.passed


def test_a_look_that_was_begun_and_left_no_result_counts_as_taken(works: Works, tmp_path: Path) -> None:
    ticket = ticket_of(works)
    ticket.ref.move(ticket.opening())
    with pytest.raises(CheckError, match=r"opened for v1\.0\.0 and no result was kept") as refusal:
        find_look(ticket)
    assert "git push origin ':refs/winnow/vault/classifier@v1.0.0'" in refusal.value.hint
    with pytest.raises(CheckError, match="somebody else"):
        look_of(works, tmp_path / "model")


def test_a_result_of_another_file_is_none(works: Works, tmp_path: Path) -> None:
    look_of(works, tmp_path / "model")
    works.release_model("8", range(2))
    with pytest.raises(CheckError, match="is about another model"):
        find_look(ticket_of(works))


def test_what_cannot_give_a_result_does_not_open_it(works: Works, tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="too few, or of too few groups or classes, for auroc"):
        _only_one_class(works)
        look_of(works, tmp_path / "one class", metric="auroc")
    _relabel(works, {tiny_id(number): ("emu", "", "", "vault") for number in VAULT})
    with pytest.raises(CheckError, match="has 1 classes that the model does not know"):
        look_of(works, tmp_path / "emus")
    _relabel(works, {tiny_id(200): ("cat", "", "", "vault")})
    with pytest.raises(InputError, match="lie in no part"):
        look_of(works, tmp_path / "lost")
    assert ticket_of(works).ref.read() is None


def _only_one_class(works: Works) -> None:
    _relabel(works, {tiny_id(number): ("cat", "", "", "vault") for number in VAULT})


def _relabel(works: Works, changed: dict[str, Any]) -> None:
    Branches(works.root).write_labels({**rows(VAULT), **changed})


def test_the_interval_of_a_difference_is_newcombes() -> None:
    # Newcombe 1998, table II, row (a): 56/70 and 48/80, method 10: 0.2000 [0.0524, 0.3339].
    def share(hits: int, size: int) -> Estimate:
        low, high = score_bounds(np.array([hits / size]), np.array([float(size)]), 0.95)
        return Estimate(value=hits / size, low=float(low[0]), high=float(high[0]))

    found = independent_difference(share(56, 70), share(48, 80))
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=5e-5)
    assert found.high == pytest.approx(0.3339, abs=5e-5)
    unknown = independent_difference(Estimate(value=1.0, low=None, high=None), share(48, 80))
    assert unknown.low is None


def test_vault_images_are_those_that_are_pinned_there(works: Works) -> None:
    images = vault_images(working_tree(works.project))
    assert images["id"].to_pylist() == sorted(tiny_id(number) for number in VAULT)
    assert set(images["split"].to_pylist()) == {"vault"}
