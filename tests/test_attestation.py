"""A model's files are those that were attested, and no others."""

from pathlib import Path

import pytest

from winnow.attestation import (
    FILE,
    Attestation,
    is_inside,
    require_attested,
    require_files,
    take_sums,
    write_attestation,
)
from winnow.errors import CheckError, InputError


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A pulled model: a bundle, its exported form, and the attestation."""
    folder = tmp_path / "model"
    for name, text in {"bundle/bundle.json": "{}", "bundle/model.safetensors": "w", "onnx/model.onnx": "o"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    attested = Attestation(tag="c@v1.0.0", commit="a" * 40, signature="none", files=take_sums(folder))
    write_attestation(folder, attested)
    return folder


def test_an_untouched_model_passes_as_a_whole_and_in_parts(model: Path) -> None:
    require_files(model, take_sums(model))
    require_attested(model / "bundle")
    require_attested(model / "onnx")


def test_a_changed_byte_is_named_with_both_hashes(model: Path) -> None:
    (model / "bundle" / "model.safetensors").write_text("W")
    with pytest.raises(
        CheckError, match=r"model\.safetensors is other than registered \(SHA-256 50e721e49c01\.\.\., got"
    ):
        require_attested(model / "bundle")
    require_attested(model / "onnx")


def test_a_missing_and_a_foreign_file_are_named(model: Path) -> None:
    (model / "bundle" / "bundle.json").rename(model / "bundle" / "other.json")
    with pytest.raises(CheckError, match=r"bundle\.json is missing; other\.json is not of this model"):
        require_attested(model / "bundle")


def test_a_model_that_was_just_trained_is_attested_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    require_attested(tmp_path / "bundle")


def test_a_folder_that_the_attestation_does_not_know_is_refused(model: Path) -> None:
    (model / "else").mkdir()
    with pytest.raises(InputError, match="says nothing about else"):
        require_attested(model / "else")


def test_an_attestation_that_is_damaged_is_no_licence(model: Path) -> None:
    (model / FILE).write_text("{}")
    with pytest.raises(InputError, match="expected schema 1"):
        require_attested(model / "bundle")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "c:x", "a\\b", "", "."])
def test_a_name_that_leads_out_of_the_folder_is_none(name: str, model: Path) -> None:
    assert not is_inside(name)
    with pytest.raises(CheckError, match="is no path in a model's folder"):
        require_files(model, {name: take_sums(model)["onnx/model.onnx"]})
