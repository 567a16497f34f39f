import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from winnow.errors import FormatError, InputError
from winnow.models.bundle import BundleMeta, installed_versions, read_meta, write_description


def change(folder: Path, **changes: Any) -> None:
    path = folder / "bundle.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, meta: BundleMeta) -> Path:
    write_description(tmp_path, meta, "0" * 64)
    return tmp_path


def test_a_description_is_read_as_it_was_written(folder: Path, meta: BundleMeta) -> None:
    assert read_meta(folder) == meta


def test_the_file_is_stamped_and_sorted(folder: Path) -> None:
    content = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    assert (content["schema"], content["task"]) == (1, "single_label")
    assert list(content) == sorted(content)


def test_a_missing_bundle_says_which_command_makes_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found nothing") as caught:
        read_meta(tmp_path)
    assert "winnow train" in caught.value.hint


@pytest.mark.parametrize("stamp", [{"schema": 2}, {"task": "multi_label"}])
def test_another_schema_or_task_is_refused_by_name(folder: Path, stamp: dict[str, Any]) -> None:
    change(folder, **stamp)
    with pytest.raises(FormatError, match=next(iter(stamp))):
        read_meta(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["cat"]}, "expected 3 for labels, as the architecture says, got 1"),
        ({"mean": []}, "expected 1 for means"),
        ({"std": [0.5, 0.5]}, "expected 1 for deviations"),
        ({"labels": "cat"}, "labels: Input should be a valid list"),
        ({"extra": 1}, "extra: Extra inputs are not permitted"),
    ],
)
def test_parts_that_do_not_agree_are_refused(folder: Path, changes: dict[str, Any], message: str) -> None:
    change(folder, **changes)
    with pytest.raises(InputError, match=message):
        read_meta(folder)


def test_a_description_without_the_hash_of_its_weights_is_refused(folder: Path) -> None:
    path = folder / "bundle.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["weights_hash"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match="missing key `weights_hash`"):
        read_meta(folder)


def test_versions_name_what_decides_the_meaning_of_weights() -> None:
    assert set(installed_versions()) == {"torch", "torchvision", "timm", "winnow"}


@pytest.mark.slow
def test_reading_a_description_needs_no_torch() -> None:
    code = "import sys, winnow.models.bundle; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
