"""The import closure of a step, read from its source, and the hash of the code that made an output."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from winnow import provenance
from winnow.provenance import code_hash, import_closure, imported_modules, module_path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A toy package `winnow`: step -> nouns.count (lazily) -> errors; spare is imported by nobody."""
    source = tmp_path / "winnow"
    (source / "nouns").mkdir(parents=True)
    (source / "__init__.py").write_text('"""Toy."""\n')
    (source / "nouns" / "__init__.py").write_text('"""Nouns."""\n')
    (source / "step.py").write_text("import os\n\ndef run():\n    from winnow.nouns import count\n")
    (source / "nouns" / "count.py").write_text("from winnow.errors import Oops\nimport numpy.linalg\n")
    (source / "errors.py").write_text("class Oops(Exception): ...\n")
    (source / "spare.py").write_text("import winnow.errors as e\n")
    monkeypatch.setattr(provenance, "SOURCE", source)
    imported_modules.cache_clear()
    yield source
    imported_modules.cache_clear()


def test_a_closure_follows_lazy_imports_and_stops_at_foreign_packages(package: Path) -> None:
    assert import_closure("winnow.step") == {"winnow.step", "winnow.nouns", "winnow.nouns.count", "winnow.errors"}


def test_a_module_import_with_another_name_counts(package: Path) -> None:
    assert imported_modules("winnow.spare") == {"winnow.errors"}


def test_a_cycle_ends(package: Path) -> None:
    (package / "errors.py").write_text("import winnow.step\n")
    assert "winnow.step" in import_closure("winnow.errors")


def test_packages_and_modules_have_a_path_and_others_have_none(package: Path) -> None:
    assert module_path("winnow") == package / "__init__.py"
    assert module_path("winnow.nouns") == package / "nouns" / "__init__.py"
    assert module_path("winnow.nouns.count") == package / "nouns" / "count.py"
    assert module_path("winnow.nothing") is None


def test_a_module_that_does_not_exist_is_refused(package: Path) -> None:
    with pytest.raises(ValueError, match=r"winnow\.nothing"):
        import_closure("winnow.nothing")


def test_the_hash_changes_with_a_lazily_imported_module(package: Path) -> None:
    before = code_hash("winnow.step")
    (package / "nouns" / "count.py").write_text("from winnow.errors import Oops\nimport numpy.linalg  # edited\n")
    assert code_hash("winnow.step") != before


def test_the_hash_ignores_modules_that_the_step_does_not_import(package: Path) -> None:
    before = code_hash("winnow.step")
    (package / "spare.py").write_text("import winnow.errors  # edited\n")
    assert code_hash("winnow.step") == before


def test_the_hash_is_the_same_for_a_checkout_with_other_line_ends(package: Path) -> None:
    before = code_hash("winnow.step")
    path = package / "errors.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert code_hash("winnow.step") == before


def test_the_users_own_code_counts_and_its_place_on_the_disk_does_not(package: Path, tmp_path: Path) -> None:
    hashes = []
    for name, content in [("here", "x = 1\n"), ("there", "x = 1\n"), ("edited", "x = 2\n")]:
        folder = tmp_path / name / "custom"
        folder.mkdir(parents=True)
        (folder / "examples.py").write_text(content)
        (folder / "notes.md").write_text(name)
        hashes.append(code_hash("winnow.step", folder))
    assert hashes[0] == hashes[1]
    assert hashes[2] != hashes[0] != code_hash("winnow.step")


def test_a_missing_custom_folder_is_the_same_as_an_empty_one(package: Path, tmp_path: Path) -> None:
    assert code_hash("winnow.step", tmp_path / "nothing") == code_hash("winnow.step")


def test_the_real_closure_of_the_parameters_reaches_their_owners() -> None:
    assert {"winnow.training.config", "winnow.config", "winnow.errors"} <= import_closure("winnow.params")
