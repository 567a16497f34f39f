"""The files of a model at a commit, from cache or remote."""

import json
import shutil

import pytest
from history import cache_folder, lock_text
from registered import Workshop

from winnow.attestation import take_sums
from winnow.errors import InputError
from winnow.registry.model_files import fetch_model, model_parts, project_of, sum_model
from winnow.registry.names import Address


def head(shop: Workshop) -> str:
    return shop.git("rev-parse", "HEAD")


def test_a_model_is_its_bundle_and_its_exported_form(shop: Workshop) -> None:
    outs = {f"models/{part}": cache_folder(shop.root, {"x": part}) for part in ("bundle", "onnx", "other")}
    (shop.root / "dvc.lock").write_text(lock_text({"train": {"outs": outs}}))
    commit = shop.commit()
    assert sorted(model_parts(shop.project, commit)) == ["bundle/x", "onnx/x"]


def test_the_sums_are_those_of_what_was_recorded_whatever_lies_in_the_work_tree(shop: Workshop) -> None:
    shop.project.bundle.mkdir(parents=True)
    (shop.project.bundle / "model.safetensors").write_text("something else")
    sums = sum_model(shop.project, head(shop))
    assert sums["bundle/model.safetensors"].num_bytes == 500


def test_a_model_is_fetched_from_the_remote_when_the_cache_is_empty(shop: Workshop) -> None:
    shutil.rmtree(shop.root / ".dvc" / "cache")
    fetch_model(shop.project, head(shop), shop.folder / "model")
    assert (shop.folder / "model" / "bundle" / "model.safetensors").read_text() == "2" * 500
    assert take_sums(shop.folder / "model") == sum_model(shop.project, head(shop))


def test_what_nobody_has_is_named_with_its_remedy(shop: Workshop) -> None:
    for folder in (shop.root / ".dvc" / "cache", shop.folder / "storage" / "files"):
        shutil.rmtree(folder)
    with pytest.raises(InputError, match="is neither in DVC's cache nor in the remote") as refusal:
        sum_model(shop.project, head(shop))
    assert "dvc push" in refusal.value.hint


def test_a_commit_without_a_model_is_refused(shop: Workshop) -> None:
    (shop.root / "dvc.lock").unlink()
    commit = shop.commit()
    with pytest.raises(InputError, match="records no folder bundle"):
        model_parts(shop.project, commit)


def test_a_file_name_that_leads_out_of_the_model_is_refused(shop: Workshop) -> None:
    out = cache_folder(shop.root, {"../../evil": "x"})
    (shop.root / "dvc.lock").write_text(lock_text({"train": {"outs": {"models/bundle": out}}}))
    commit = shop.commit()
    with pytest.raises(InputError, match=r"expected a file of the model, got '\.\./\.\./evil'"):
        model_parts(shop.project, commit)


@pytest.mark.parametrize("artifacts", [None, {}, [], {"classifier": {}}, {"classifier": {"path": "data"}}, {"x": 1}])
def test_a_model_that_dvc_yaml_does_not_name_is_refused(shop: Workshop, artifacts: object) -> None:
    (shop.root / "dvc.yaml").write_text(json.dumps({"artifacts": artifacts, "stages": {}}))
    commit = shop.commit()
    with pytest.raises(InputError, match=r"expected `artifacts:` of dvc\.yaml to say that classifier is models/bundle"):
        project_of(shop.project, commit, Address("classifier"))


def test_the_models_of_other_folders_are_found_by_their_full_name(shop: Workshop) -> None:
    inner = shop.root / "projects" / "moles" / "dvc.yaml"
    inner.parent.mkdir(parents=True)
    inner.write_text(json.dumps({"artifacts": {"moles": {"path": "models/bundle"}}}))
    commit = shop.commit()
    assert project_of(shop.project, commit, Address("classifier")) == shop.project
    found = project_of(shop.project, commit, Address("projects/moles:moles"))
    assert found.root == shop.root / "projects" / "moles"
    with pytest.raises(InputError, match="expected a folder of the repository"):
        project_of(shop.project, commit, Address("../x:moles"))
