"""`winnow rollback`: a new tag for what was there before."""

import pytest
from gto.constants import Action
from gto.tag import parse_name
from registered import Workshop, entry_for, promote_quietly, tag_model

from repository import call
from winnow.commands.rollback import rollback
from winnow.errors import CheckError, UsageError
from winnow.project import Project
from winnow.registry.history import read_history
from winnow.registry.tags import read_tags


@pytest.fixture
def promoted(shop: Workshop) -> Workshop:
    """Two versions, the second in production after the first."""
    for version, commit in zip(("v1.0.0", "v1.1.0"), shop.git("rev-parse", "HEAD~1", "HEAD").split(), strict=True):
        tag_model(shop.project, entry_for(commit, version))
        promote_quietly(shop.project, commit, version)
    return shop


def in_production(shop: Workshop) -> str | None:
    return read_history("classifier", read_tags(shop.project)).in_stage("production")


def test_the_previous_version_comes_back_by_a_new_tag(promoted: Workshop) -> None:
    before = {tag.ref: tag.object_id for tag in read_tags(promoted.project)}
    written = rollback(promoted.project, None, "production", push=True)
    assert written.ref == "classifier#production#3"
    assert written.lines()[0].startswith("Roll production back to classifier v1.0.0")
    assert "v1.1.0 was in production until now" in written.lines()
    assert in_production(promoted) == "v1.0.0"
    after = {tag.ref: tag.object_id for tag in read_tags(promoted.project)}
    assert before.items() <= after.items(), "no tag is moved or removed"
    assert promoted.tags() == ["classifier#production#3"]


def test_there_is_an_end_to_going_back(promoted: Workshop) -> None:
    rollback(promoted.project, None, "production")
    with pytest.raises(UsageError, match=r"no version was in production before v1\.0\.0"):
        rollback(promoted.project, None, "production")
    with pytest.raises(UsageError, match="nothing is in staging"):
        rollback(promoted.project, None, "staging")


def test_a_version_that_nobody_judged_does_not_come_back_unseen(shop: Workshop) -> None:
    old, new = shop.git("rev-parse", "HEAD~1", "HEAD").split()
    for name, commit in (("classifier@v1.0.0", old), ("classifier#production#1", old)):
        call(shop.root, "git", "tag", "-a", "-m", "by hand", name, commit)
    tag_model(shop.project, entry_for(new, "v1.1.0"))
    promote_quietly(shop.project, new, "v1.1.0")
    with pytest.raises(CheckError, match=r"v1\.0\.0 carries no record") as refusal:
        rollback(shop.project, None, "production")
    assert "winnow promote v1.0.0 --to production" in refusal.value.hint


def test_a_promotion_that_calls_the_version_otherwise_is_not_taken_at_its_word(promoted: Workshop) -> None:
    old = promoted.git("rev-parse", "HEAD~1")
    promote_quietly(promoted.project, old, "v9.9.9")
    promote_quietly(promoted.project, promoted.git("rev-parse", "HEAD"), "v1.1.0")
    written = rollback(promoted.project, None, "production")
    assert (written.entry.version, written.entry.action) == ("v1.0.0", "rollback")


def test_only_the_version_that_was_meant_goes_back(promoted: Workshop) -> None:
    with pytest.raises(CheckError, match=r"classifier v1\.0\.0 is not in production: v1\.1\.0 is"):
        rollback(promoted.project, "v1.0.0", "production")
    assert rollback(Project(promoted.root), "classifier@v1.1.0", "production").ref == "classifier#production#3"
    with pytest.raises(UsageError, match="no project here has the model other"):
        rollback(promoted.project, "other@v1.1.0", "production")


def test_the_first_version_of_a_stage_leaves_it_empty_where_that_is_asked_for(promoted: Workshop) -> None:
    promote_quietly(promoted.project, promoted.git("rev-parse", "HEAD"), "v1.1.0", "staging")
    written = rollback(promoted.project, "v1.1.0", "staging", or_empty=True, push=True)
    assert written.ref == "classifier#staging!#4"
    assert written.lines()[0].startswith("Withdraw classifier v1.1.0 from staging")
    history = read_history("classifier", read_tags(promoted.project))
    assert history.in_stage("staging") is None
    assert history.in_stage("production") == "v1.1.0"
    assert parse_name(written.ref)["action"] is Action.UNASSIGN, "GTO reads it so, too"
    promote_quietly(promoted.project, promoted.git("rev-parse", "HEAD~1"), "v1.0.0", "staging")
    assert read_history("classifier", read_tags(promoted.project)).in_stage("staging") == "v1.0.0"
