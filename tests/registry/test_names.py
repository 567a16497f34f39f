"""The grammar of tags is GTO's: whatever GTO reads, we read, and nothing else."""

import shutil
from pathlib import Path

import pytest
from gto.tag import parse_name
from hypothesis import given
from hypothesis import strategies as st

from winnow.errors import UsageError
from winnow.project import Project
from winnow.registry.names import (
    Address,
    artifact_name,
    parse_address,
    parse_tag_name,
    require_version,
    split_model,
    stage_tag,
    version_key,
    version_tag,
)

OF_THE_REGISTRY = [
    "classifier@v1.0.0",
    "classifier@v1.0.0-rc.1+build.5",
    "classifier@v1.0.0!#3",
    "classifier#production#12",
    "classifier#production!#13",
    "classifier#staging",
    "projects/moles=classifier@v0.1.0",
    "classifier@deprecated#4",
]
FOREIGN = ["v1.0.0", "classifier", "classifier@1.0.0", "classifier@v1.0", "classifier@v01.0.0", "a b@v1.0.0", "@v1.0.0"]
FOREIGN += ["classifier#", "classifier#production#x", "release/2026-11", "classifier@v1.0.0#", "-classifier@v1.0.0"]
PIECES = st.sampled_from(
    ["classifier", "a", "-", "/", "=", "@", "#", "v1.2.3", "v0.0.1-rc.1", "!", "3", "deprecated", "."]
)


def by_gto(name: str) -> tuple[object, ...] | None:
    """Return what GTO reads, in our words."""
    found = parse_name(name, raise_on_fail=False)
    if not found:
        return None
    action = found["action"].value
    is_cancelled = action in ("deregister", "unassign")
    return (
        found["name"],
        found.get("version"),
        found.get("stage"),
        is_cancelled,
        action == "deprecate",
        found.get("counter"),
    )


def by_us(name: str) -> tuple[object, ...] | None:
    found = parse_tag_name(name)
    if found is None:
        return None
    return (found.artifact, found.version, found.stage, found.is_cancelled, found.is_deprecation, found.counter)


@pytest.mark.parametrize("name", OF_THE_REGISTRY)
def test_tags_of_the_registry_are_read_as_gto_reads_them(name: str) -> None:
    assert by_us(name) is not None
    assert by_us(name) == by_gto(name)


@pytest.mark.parametrize("name", FOREIGN)
def test_tags_of_others_are_none(name: str) -> None:
    assert by_us(name) is None
    assert by_gto(name) is None


@given(st.lists(PIECES, max_size=8).map("".join))
def test_any_name_is_read_as_gto_reads_it(name: str) -> None:
    assert by_us(name) == by_gto(name)


def test_the_names_that_we_give_are_those_that_we_read() -> None:
    given_names = [version_tag("a/b:c", "v1.2.3"), stage_tag("a/b:c", "production", 7)]
    assert given_names == ["a/b=c@v1.2.3", "a/b=c#production#7"]
    assert [by_us(name) for name in given_names] == [
        ("a/b:c", "v1.2.3", None, False, False, None),
        ("a/b:c", None, "production", False, False, 7),
    ]


def rename(project: Project, name: str) -> None:
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("name: classifier", f"name: {name}"), encoding="utf-8")


def test_a_project_in_a_subfolder_has_its_folder_in_its_name(project: Project) -> None:
    assert artifact_name(project) == "classifier"
    inner = Project(project.root / "projects" / "moles")
    inner.root.mkdir(parents=True)
    shutil.copy(project.params, inner.params)
    assert artifact_name(inner) == "projects/moles:classifier"


@pytest.mark.parametrize("name", ["latest", "production", "head", "deprecated"])
def test_protected_names_are_refused(project: Project, name: str) -> None:
    rename(project, name)
    with pytest.raises(UsageError, match="means something else in the registry"):
        artifact_name(project)


def test_a_name_that_gto_cannot_hold_is_refused(project: Project, tmp_path: Path) -> None:
    rename(project, "cats-")
    with pytest.raises(UsageError, match="expected a name that a tag can hold, got 'cats-'"):
        artifact_name(project)


def test_a_folder_that_a_tag_cannot_hold_is_refused(project: Project) -> None:
    inner = Project(project.root / "my moles")
    inner.root.mkdir()
    shutil.copy(project.params, inner.params)
    with pytest.raises(UsageError, match="got 'my moles:classifier'"):
        artifact_name(inner)


def test_an_address_asks_for_a_version_a_stage_or_the_latest() -> None:
    assert parse_address("classifier") == Address("classifier")
    assert parse_address("classifier@v1.0.0") == Address("classifier", version="v1.0.0")
    assert parse_address("p/m:classifier#production") == Address("p/m:classifier", stage="production")


@pytest.mark.parametrize(
    "text", ["", "@v1.0.0", "a@", "a@1.0.0", "a@latest", "a#", "a#-x", "a b", "-a", "a@v1.0.0#x", "a;ls"]
)
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)


@pytest.mark.parametrize("text", ["1.0.0", "v1", "v1.0.0\n", "v1.0.0 ", "v\uff11.0.0"])
def test_a_version_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a version such as"):
        require_version(text)


def test_versions_are_in_the_order_of_semantic_versioning() -> None:
    # The example of semver.org, section 11.
    ordered = ["v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2", "v1.0.0-beta.11"]
    ordered += ["v1.0.0-rc.1", "v1.0.0", "v1.9.0", "v1.10.0", "v2.0.0"]
    shuffled = ordered[::-1]
    assert sorted(shuffled, key=version_key) == ordered


def test_a_model_is_a_name_and_a_version() -> None:
    assert split_model("projects/moles:classifier@v1.2.0") == ("projects/moles:classifier", "v1.2.0")
    for wrong in ("classifier", "classifier#staging", "classifier@latest", "a b@v1.0.0"):
        with pytest.raises(UsageError):
            split_model(wrong)
