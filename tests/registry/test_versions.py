"""What GTO itself says before a tag is made."""

from collections.abc import Callable

import pytest
from registered import entry_for, tag_model

from repository import call
from winnow.errors import UsageError
from winnow.project import Project
from winnow.registry.history import read_history
from winnow.registry.names import stage_tag, version_tag
from winnow.registry.tags import read_tags
from winnow.registry.versions import Bump, next_version, require_readable

Head = Callable[..., str]


@pytest.mark.parametrize(
    ("bump", "first", "second"),
    [
        ("patch", "v0.0.1", "v1.4.8"),
        ("minor", "v0.1.0", "v1.5.0"),
        ("major", "v1.0.0", "v2.0.0"),
    ],
)
def test_the_part_that_was_asked_for_rises(project: Project, head: Head, bump: Bump, first: str, second: str) -> None:
    assert next_version(read_history("classifier", []), bump) == first
    for version in ("v1.4.7", "v0.9.9"):
        tag_model(project, entry_for(head(), version))
    assert next_version(read_history("classifier", read_tags(project)), bump) == second


def test_a_number_that_was_taken_back_is_not_given_again(project: Project, head: Head) -> None:
    tag_model(project, entry_for(head(), "v1.0.0"))
    call(project.root, "git", "tag", "-a", "-m", "taken back", "classifier@v1.0.0!#1")
    history = read_history("classifier", read_tags(project))
    assert history.latest is None
    assert next_version(history, "patch") == "v1.0.1"


def test_stages_that_the_repository_does_not_know_are_refused(project: Project) -> None:
    require_readable(project, stage_tag("classifier", "production", 1), "production")
    (project.root / ".gto").write_text("stages: [staging]\n")
    require_readable(project, stage_tag("classifier", "staging", 1), "staging")
    with pytest.raises(UsageError, match="GTO does not take classifier#production#1: Allowed stages are"):
        require_readable(project, stage_tag("classifier", "production", 1), "production")


def test_a_name_that_gto_does_not_read_is_refused(project: Project) -> None:
    require_readable(project, version_tag("classifier", "v1.0.0"), None)
    with pytest.raises(UsageError, match="GTO does not take"):
        require_readable(project, "classifier@1.0.0", None)
