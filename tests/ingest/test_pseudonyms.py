import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.data.labels import Labels
from winnow.errors import ConfigError, UsageError
from winnow.ingest.pseudonyms import (
    KEY_VARIABLE,
    Pseudonyms,
    in_clear,
    read_pseudonyms,
    require_no_mixture,
    without_names,
)
from winnow.project import Project

KEY = "0123456789abcdef" * 4
OWN = Pseudonyms(KEY.encode())
OTHER = Pseudonyms(b"another key that is long enough, too")


def rows(*groups: str) -> Labels:
    """Return rows of these groups, each with a name and one further column."""
    return Labels.from_rows(
        [(f"{at:020x}", "cat", f"{group}.png", group, "", "north") for at, group in enumerate(groups)], ["site"]
    )


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_a_pseudonym_is_a_keyed_hash() -> None:
    digest = hmac.new(KEY.encode(), b"winnow group\0Jane", hashlib.sha256).hexdigest()
    assert OWN.of("Jane") == f"p{OWN.key_id}-{digest[:20]}"


@given(st.text(min_size=1))
def test_a_pseudonym_says_nothing_and_stays_itself(group: str) -> None:
    pseudonym = OWN.of(group)
    assert re.fullmatch("p[0-9a-f]{4}-[0-9a-f]{20}", pseudonym)
    assert OWN.of(group) == pseudonym == OWN.of(pseudonym)
    assert OTHER.of(group) != pseudonym


def test_a_pseudonym_of_another_key_is_a_name_like_any_other() -> None:
    assert OTHER.of(OWN.of("Jane")) not in (OWN.of("Jane"), OTHER.of("Jane"))


def test_no_group_stays_no_group() -> None:
    assert OWN.of("") == ""


def test_rows_lose_names_and_keep_everything_else() -> None:
    labels = OWN.applied(rows("Jane", "Ann", "", "Jane"))
    assert labels.column("group") == [OWN.of("Jane"), OWN.of("Ann"), "", OWN.of("Jane")]
    assert set(labels.column("name")) == {""}
    assert set(labels.column("label")) == {"cat"}
    assert set(labels.column("site")) == {"north"}
    assert labels.table.schema == rows("Jane").table.schema
    assert len(OWN.applied(Labels.empty())) == 0


def test_names_can_be_left_out_alone() -> None:
    assert without_names(rows("Jane")).column("name") == [""]
    assert without_names(rows("Jane")).column("group") == ["Jane"]


def test_groups_in_clear_are_those_that_are_no_pseudonym() -> None:
    assert in_clear(rows("Jane", "", OWN.of("Ann"), OTHER.of("Ann"))) == ["Jane"]


def test_labels_of_another_key_are_refused() -> None:
    with pytest.raises(UsageError, match=f"the key {OTHER.key_id}"):
        OWN.require_own(OTHER.applied(rows("Jane")))
    OWN.require_own(OWN.applied(rows("Jane", "", "Ann")))
    OWN.require_own(rows("scene-1"))


def test_a_group_that_is_there_in_clear_is_refused_and_not_named() -> None:
    with pytest.raises(UsageError, match=r"1 groups of the source are in data/labels\.csv in clear") as caught:
        OWN.require_apart(OWN.applied(rows("Jane", "Ann")), rows("Jane", "Eve"))
    assert "Jane" not in str(caught.value)
    OWN.require_apart(OWN.applied(rows("Ann")), rows("Jane", ""))


def test_groups_in_clear_do_not_join_pseudonyms() -> None:
    with pytest.raises(UsageError, match="--pseudonymous"):
        require_no_mixture(rows("Jane"), OWN.applied(rows("Jane")))
    require_no_mixture(rows("", ""), OWN.applied(rows("Jane")))
    require_no_mixture(rows("Jane"), rows("Ann"))


def test_the_key_comes_from_the_environment_or_from_a_file_of_this_machine(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"secrets\.token_hex"):
        read_pseudonyms(project)
    project.scratch.mkdir()
    project.pseudonym_key.write_text(f"{KEY}\n", encoding="utf-8")
    assert read_pseudonyms(project).of("Jane") == OWN.of("Jane")
    monkeypatch.setenv(KEY_VARIABLE, "another key that is long enough, too")
    assert read_pseudonyms(project).of("Jane") == OTHER.of("Jane")


def test_a_short_key_is_refused_and_not_printed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "hunter2")
    with pytest.raises(ConfigError, match="at least 32 characters in WINNOW_PSEUDONYM_KEY, got 7") as caught:
        read_pseudonyms(project)
    assert "hunter2" not in str(caught.value)
