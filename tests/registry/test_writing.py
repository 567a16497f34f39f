"""A new entry: its tag, its push, and what is said of it."""

import pytest
from registered import Workshop, entry_for

from winnow.errors import CheckError, UsageError
from winnow.project import Project
from winnow.registry.entry import Entry
from winnow.registry.history import read_history
from winnow.registry.tags import read_tags
from winnow.registry.writing import open_desk, record_stage


def test_an_entry_is_written_shared_and_told(shop: Workshop) -> None:
    entry = entry_for(shop.git("rev-parse", "HEAD"))
    written = open_desk(shop.project, "classifier", push=True).write(entry, ["a note"])
    assert written.lines() == [
        "Register classifier v1.0.0: better, 7 fixed and 0 broken images",
        "tag classifier@v1.0.0, pushed to origin",
        "a note",
    ]
    assert shop.tags() == ["classifier@v1.0.0"]
    assert written.records()["record"]["version"] == "v1.0.0"


def test_without_a_push_the_tag_stays_here_and_the_command_is_quoted(shop: Workshop) -> None:
    entry = entry_for(shop.git("rev-parse", "HEAD"))
    open_desk(shop.project, "classifier", push=False).write(entry)
    written = open_desk(shop.project, "classifier", push=False).write(record_stage(entry, "staging"))
    assert written.lines()[1] == "tag classifier#staging#1, share it: git push origin 'classifier#staging#1'"
    assert shop.tags() == []
    found = read_history("classifier", read_tags(shop.project)).assignment("staging")
    assert found is not None
    assert isinstance(found.entry, Entry)
    assert found.entry.action == "promote"


def test_two_clones_that_promote_at_once_get_one_winner(shop: Workshop) -> None:
    entry = entry_for(shop.git("rev-parse", "HEAD"))
    open_desk(shop.project, "classifier", push=True).write(entry)
    grace = Project(shop.clone("grace"))
    desks = [open_desk(project, "classifier", push=True) for project in (shop.project, grace)]
    desks[0].write(record_stage(entry, "production"))
    with pytest.raises(CheckError, match="somebody else was first"):
        desks[1].write(record_stage(entry, "production"))
    with pytest.raises(CheckError, match="origin has tags that are not here"):
        open_desk(grace, "classifier", push=True)
    assert shop.tags() == ["classifier#production#1", "classifier@v1.0.0"]


def test_two_clones_that_register_at_once_do_not_share_a_number(shop: Workshop) -> None:
    grace = Project(shop.clone("grace"))
    desks = [open_desk(project, "classifier", push=True) for project in (shop.project, grace)]
    desks[0].write(entry_for(shop.git("rev-parse", "HEAD")))
    with pytest.raises(CheckError, match=r"origin has another classifier@v1\.0\.0 already"):
        desks[1].write(entry_for(shop.git("rev-parse", "HEAD~1")))


def test_pushing_needs_somewhere_to_push_to(project: Project) -> None:
    with pytest.raises(UsageError, match="expected a Git remote called origin"):
        open_desk(project, "classifier", push=True)
