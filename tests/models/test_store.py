import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from winnow.errors import InputError
from winnow.files import sha256_file
from winnow.models.bundle import BundleMeta, installed_versions, write_description
from winnow.models.factory import build
from winnow.models.placement import place
from winnow.models.store import load, save

CUSTOM = Path("custom")


def make(meta: BundleMeta, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return build(**meta.architecture.model_dump(), custom=CUSTOM)


@pytest.fixture
def folder(tmp_path: Path, meta: BundleMeta) -> Path:
    save(tmp_path / "bundle", make(meta), meta)
    return tmp_path / "bundle"


def test_a_loaded_model_computes_what_the_saved_one_did(tmp_path: Path, meta: BundleMeta) -> None:
    model = make(meta)
    images = torch.randn(4, 1, 8, 8)
    model(images)  # moves the running statistics of the norms, which must be saved too
    model.eval()
    save(tmp_path, model, meta)
    read, loaded = load(tmp_path, CUSTOM)
    assert read == meta
    assert not loaded.training
    assert torch.equal(loaded(images), model(images))


def test_the_same_weights_give_the_same_bytes_whatever_their_memory_order(tmp_path: Path, meta: BundleMeta) -> None:
    save(tmp_path / "one", make(meta), meta)
    save(tmp_path / "two", place(make(meta), torch.device("cpu")), meta)
    for name in ("model.safetensors", "bundle.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["bundle.json", "model.safetensors"]


def test_loading_draws_no_random_numbers(folder: Path) -> None:
    before = torch.random.get_rng_state()
    load(folder, CUSTOM)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_weights_that_are_shared_in_memory_are_saved_and_loaded(tmp_path: Path, meta: BundleMeta) -> None:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def build(*, num_classes, channels, size):\n"
        "    first, second = nn.Linear(64, 64), nn.Linear(64, 64)\n"
        "    second.weight = first.weight\n"
        "    return nn.Sequential(nn.Flatten(), first, second, nn.Linear(64, num_classes))\n",
        encoding="utf-8",
    )
    architecture = meta.architecture.model_copy(update={"name": "mine:build", "options": {}})
    meta = meta.model_copy(update={"architecture": architecture})
    model = build(**architecture.model_dump(), custom=tmp_path).eval()
    save(tmp_path / "bundle", model, meta)
    images = torch.randn(2, 1, 8, 8)
    assert torch.equal(load(tmp_path / "bundle", tmp_path)[1](images), model(images))


def test_a_bundle_without_weights_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"expected .*model\.safetensors, found nothing"):
        load(folder, CUSTOM)


def test_a_damaged_weight_file_is_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="expected the weights with SHA-256") as caught:
        load(folder, CUSTOM)
    assert "damaged" in caught.value.hint


def test_weights_of_another_run_are_refused(folder: Path, tmp_path: Path, meta: BundleMeta) -> None:
    save(tmp_path / "other", make(meta, seed=1), meta)
    (tmp_path / "other" / "model.safetensors").replace(folder / "model.safetensors")
    with pytest.raises(InputError, match="SHA-256"):
        load(folder, CUSTOM)


def test_a_weight_file_of_another_kind_is_refused(folder: Path, meta: BundleMeta) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(b"not tensors")
    write_description(folder, meta, sha256_file(path))
    with pytest.raises(InputError, match="is not a safetensors file"):
        load(folder, CUSTOM)


def test_tensors_that_do_not_fit_are_named_with_their_shapes(folder: Path, meta: BundleMeta) -> None:
    path = folder / "model.safetensors"
    # All as it should be, but for one tensor.
    save_file({**load_file(path), "head.bias": torch.zeros(5)}, path)
    write_description(folder, meta, sha256_file(path))
    with pytest.raises(InputError, match=r"1 tensors .* head\.bias: \[3\] and \[5\]") as caught:
        load(folder, CUSTOM)
    assert "torch 2.0 (now " in caught.value.hint
    write_description(folder, meta.model_copy(update={"versions": installed_versions()}), sha256_file(path))
    with pytest.raises(InputError) as caught:
        load(folder, CUSTOM)
    assert "train again" in caught.value.hint


def test_nothing_of_the_machine_is_in_the_bundle(folder: Path) -> None:
    text = (folder / "bundle.json").read_text(encoding="utf-8")
    assert str(folder) not in text
    assert set(json.loads(text)) == {
        "architecture", "code_hash", "data_hash", "labels", "mean", "params", "schema", "spec", "std", "task",
        "versions", "weights_hash",
    }  # fmt: skip
