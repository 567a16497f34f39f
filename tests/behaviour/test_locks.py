"""The locks: complete, by hash, and without any address."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: dict[str, list[str]] = PYPROJECT["project"]["optional-dependencies"]
GROUPS: dict[str, list[Any]] = PYPROJECT["dependency-groups"]
ROLES = {
    "uv": ([], ["bootstrap"]),
    "build": ([], ["bootstrap", "build"]),
    "dev": (list(EXTRAS), ["dev"]),
    "prepare": (["pipeline", "cloud"], []),
    "train": (["train", "cloud"], []),
    "serve": (["serve"], []),
    "serve-cloud": (["serve", "serve-cloud"], []),
}
ENTRY = re.compile(r"^([\w.\-]+)==(\S+)", re.MULTILINE)


def lock_text(role: str) -> str:
    return (ROOT / "requirements" / f"{role}.txt").read_text(encoding="utf-8")


def versions(role: str) -> dict[str, set[str]]:
    """Return each locked package with its versions: more than one where they differ by system or Python."""
    found: dict[str, set[str]] = {}
    for name, version in ENTRY.findall(lock_text(role)):
        found.setdefault(name, set()).add(version)
    return found


def direct_requirements(role: str) -> Iterable[Requirement]:
    """Return what pyproject.toml asks for a role, extras of extras included."""
    extras, groups = ROLES[role]
    lines = [] if role in {"uv", "build"} else list(PYPROJECT["project"]["dependencies"])
    lines += [line for extra in extras for line in EXTRAS[extra]]
    lines += [line for group in groups for line in GROUPS[group]]
    for line in lines:
        if isinstance(line, dict):
            yield from map(Requirement, GROUPS[line["include-group"]])
        elif line.startswith("winnow["):
            yield from (Requirement(inner) for extra in Requirement(line).extras for inner in EXTRAS[extra])
        else:
            yield Requirement(line)


def test_every_role_has_its_lock_and_the_lock_task_compiles_them_all(tooling: SimpleNamespace) -> None:
    assert {path.stem for path in (ROOT / "requirements").glob("*.txt")} == set(ROLES) == set(tooling.locks.LOCKS)


@pytest.mark.parametrize("role", ROLES)
def test_a_lock_satisfies_pyproject(role: str) -> None:
    locked = versions(role)
    for requirement in direct_requirements(role):
        found = locked.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement} is not in requirements/{role}.txt: run `inv lock`"
        assert all(requirement.specifier.contains(version) for version in found), f"{requirement}, locked {found}"


@pytest.mark.parametrize("role", ROLES)
def test_a_lock_holds_no_address_and_no_option(role: str) -> None:
    text = lock_text(role)
    assert not re.search(r"https?:|file:|\bindex\b|find-links", text)
    assert not [line for line in text.splitlines() if line.startswith("-")]
    assert "\\" not in text.replace(" \\\n", "")


@pytest.mark.parametrize("role", ROLES)
def test_every_locked_package_has_its_hashes(role: str, bootstrap: ModuleType) -> None:
    entries = bootstrap.lock_entries(lock_text(role))
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"dev"}))
def test_all_roles_run_the_versions_that_are_tested(role: str) -> None:
    tested = versions("dev")
    assert {name: found for name, found in versions(role).items() if not found <= tested[name]} == {}


@pytest.mark.parametrize("role", ["serve", "serve-cloud"])
def test_a_service_carries_no_training_stack(role: str) -> None:
    assert not {"torch", "dvc", "pyarrow", "scipy", "scikit-learn", "matplotlib"} & set(versions(role))


def test_a_service_carries_no_clients_of_storages_unless_they_are_asked_for() -> None:
    clients = {"fsspec", "gcsfs", "s3fs"}
    assert not clients & set(versions("serve"))
    assert clients <= set(versions("serve-cloud"))
