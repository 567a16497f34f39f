"""What the tags of a model come to: versions, stages, and the way back."""

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from gto.registry import GitRegistry
from registered import entry_for, promote_quietly, tag_model

from repository import call
from winnow.errors import UsageError
from winnow.project import Project
from winnow.registry.entry import Entry, message_of
from winnow.registry.history import History, read_history
from winnow.registry.names import Address
from winnow.registry.tags import create_tag, read_tags

Head = Callable[..., str]


def history(project: Project) -> History:
    return read_history("classifier", read_tags(project))


@pytest.fixture
def commits(project: Project, head: Head, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Three versions, registered yesterday: the commit of each."""
    yesterday = time.time() - 86_400
    monkeypatch.setattr("winnow.registry.tags.time", SimpleNamespace(time=lambda: yesterday))
    made = {version: head() for version in ("v1.0.0", "v1.1.0", "v2.0.0")}
    for version, commit in made.items():
        tag_model(project, entry_for(commit, version))
    return made


def roll_back(project: Project, commits: dict[str, str], version: str) -> None:
    promote_quietly(project, commits[version], version, action="rollback")


def test_the_latest_is_the_greatest_version_and_no_pre_release(
    project: Project, head: Head, commits: dict[str, str]
) -> None:
    tag_model(project, entry_for(head(), "v1.2.0"))
    tag_model(project, entry_for(head(), "v3.0.0-rc.1"))
    found = history(project)
    assert list(found.versions) == ["v1.0.0", "v1.1.0", "v1.2.0", "v2.0.0", "v3.0.0-rc.1"]
    assert found.latest == "v2.0.0"
    assert found.find(Address("classifier")) == "v2.0.0"


def test_only_pre_releases_are_better_than_nothing(project: Project, head: Head) -> None:
    tag_model(project, entry_for(head(), "v0.1.0-rc.1"))
    assert history(project).latest == "v0.1.0-rc.1"


def test_a_stage_holds_what_was_assigned_last(project: Project, commits: dict[str, str]) -> None:
    promote_quietly(project, commits["v1.0.0"], "v1.0.0")
    promote_quietly(project, commits["v2.0.0"], "v2.0.0", "staging")
    promote_quietly(project, commits["v1.1.0"], "v1.1.0")
    found = history(project)
    assert {stage: found.in_stage(stage) for stage in ("staging", "production", "dev")} == {
        "staging": "v2.0.0",
        "production": "v1.1.0",
        "dev": None,
    }
    assert found.stages_of("v1.1.0") == ["production"]
    assert found.find(Address("classifier", stage="production")) == "v1.1.0"
    assert found.before("production") == "v1.0.0"


def test_rollbacks_go_down_one_by_one_and_do_not_swing(project: Project, commits: dict[str, str]) -> None:
    for version, commit in commits.items():
        promote_quietly(project, commit, version)
    roll_back(project, commits, "v1.1.0")
    assert (history(project).in_stage("production"), history(project).before("production")) == ("v1.1.0", "v1.0.0")
    roll_back(project, commits, "v1.0.0")
    assert (history(project).in_stage("production"), history(project).before("production")) == ("v1.0.0", None)


def test_after_a_rollback_promotions_pile_up_again(project: Project, commits: dict[str, str]) -> None:
    for version in ("v1.0.0", "v1.1.0"):
        promote_quietly(project, commits[version], version)
    roll_back(project, commits, "v1.0.0")
    promote_quietly(project, commits["v2.0.0"], "v2.0.0")
    assert (history(project).in_stage("production"), history(project).before("production")) == ("v2.0.0", "v1.0.0")


def test_a_version_assigned_twice_in_a_row_is_one_step(project: Project, commits: dict[str, str]) -> None:
    for version in ("v1.0.0", "v1.1.0", "v1.1.0"):
        promote_quietly(project, commits[version], version)
    assert history(project).before("production") == "v1.0.0"


@pytest.mark.slow
def test_what_gto_took_back_is_gone_and_gto_agrees_with_the_rest(project: Project, commits: dict[str, str]) -> None:
    promote_quietly(project, commits["v1.0.0"], "v1.0.0")
    # GTO goes by its own clock, today's.
    with GitRegistry.from_url(str(project.root)) as gto:
        gto.assign("classifier", "staging", version="v1.1.0")
        gto.deregister("classifier", version="v2.0.0")
        found = history(project)
        assert list(found.versions) == ["v1.0.0", "v1.1.0"]
        assert gto.latest("classifier").version == found.latest
        for stage in ("staging", "production"):
            [shown] = gto.which("classifier", stage, assignments_per_version=-1, versions_per_stage=1)
            assert shown.version == found.in_stage(stage)
        gto.unassign("classifier", "staging", version="v1.1.0")
    assert history(project).in_stage("staging") is None


def test_a_deprecated_model_has_no_versions(project: Project, commits: dict[str, str]) -> None:
    call(project.root, "git", "tag", "-a", "-m", "over", "classifier@deprecated#9")
    assert history(project).latest is None


def test_versions_of_other_tools_count_but_carry_no_record(project: Project, head: Head) -> None:
    call(project.root, "git", "tag", "-a", "-m", "by hand", "classifier@v1.0.0")
    entry = history(project).versions["v1.0.0"].entry
    assert isinstance(entry, str)
    assert "carries no record" in entry


@pytest.mark.parametrize(
    "change",
    [{"version": "v1.0.1"}, {"artifact": "detector"}, {"commit": "b" * 40}, {"action": "promote", "stage": "x"}],
)
def test_a_record_of_another_tag_does_not_count(project: Project, head: Head, change: dict[str, str]) -> None:
    commit = head()
    tag_model(project, entry_for(commit, "v1.0.0"))
    entry = entry_for(commit, "v2.0.0").model_copy(update=change)
    create_tag(project, "classifier@v2.0.0", commit, message_of(entry), [])
    found = history(project).versions
    assert isinstance(found["v1.0.0"].entry, Entry)
    assert found["v2.0.0"].entry == "the record in classifier@v2.0.0 is about another tag"


def test_what_is_not_there_is_told(project: Project, commits: dict[str, str]) -> None:
    found = history(project)
    with pytest.raises(UsageError, match=r"no version v9\.0\.0; the last ones: v1\.0\.0, v1\.1\.0, v2\.0\.0"):
        found.find(Address("classifier", version="v9.0.0"))
    with pytest.raises(UsageError, match="no version of classifier is in production"):
        found.find(Address("classifier", stage="production"))
    with pytest.raises(UsageError, match="no version of detector is registered"):
        read_history("detector", read_tags(project)).find(Address("detector"))
