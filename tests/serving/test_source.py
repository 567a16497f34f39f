import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_onnx import about, save_means

from winnow.attestation import FILE
from winnow.errors import CheckError, InputError, UsageError
from winnow.examples import EXAMPLES, write_examples
from winnow.files import write_json
from winnow.serving.source import find_source, require_model

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def pulled(tmp_path: Path, write_model: Callable[..., Path]) -> Path:
    return write_model(tmp_path / "model")


def test_a_pulled_model_is_found_by_its_folder_its_parts_and_its_file(pulled: Path) -> None:
    found = {find_source(path) for path in (pulled, pulled / "onnx", pulled / "bundle", pulled / "onnx/model.onnx")}
    (source,) = found
    assert (source.path, source.name, source.version) == (pulled / "onnx/model.onnx", "classifier", "v1.0.0")
    assert (source.address, source.commit, source.signature) == ("classifier@v1.0.0", "c" * 40, "none")


def test_what_a_pulled_model_scored_stands_in_its_attestation_and_a_card_may_lie_beside_it(pulled: Path) -> None:
    content = json.loads((pulled / FILE).read_text())
    (pulled / FILE).write_text(json.dumps({**content, "metrics": {"accuracy": 0.9, "accuracy_low": 0.8}}))
    write_json(pulled / "card.json", {"name": "classifier"})
    source = find_source(pulled)
    assert source.metrics == {"accuracy": 0.9, "accuracy_low": 0.8}
    assert source.card is not None
    assert source.card["name"] == "classifier"


def test_a_model_of_a_project_in_a_subfolder_has_its_full_name(tmp_path: Path, pulled: Path) -> None:
    content = json.loads((pulled / FILE).read_text())
    (pulled / FILE).write_text(json.dumps({**content, "tag": "projects/moles=classifier@v2.0.0"}))
    assert find_source(pulled).address == "projects/moles:classifier@v2.0.0"


def test_files_that_are_not_those_registered_are_refused(pulled: Path) -> None:
    path = pulled / "onnx" / "model.onnx"
    path.write_bytes(path.read_bytes() + b"x")
    for target in (pulled, path):
        with pytest.raises(CheckError, match="is other than registered"):
            find_source(target)


def test_examples_of_the_classes_are_attested_like_the_rest(
    tmp_path: Path, write_model: Callable[..., Path], examples: list[list[bytes]]
) -> None:
    folder = write_model(tmp_path, examples=examples)
    assert find_source(folder).version == "v1.0.0"
    write_examples(folder / "onnx" / EXAMPLES, examples[:1])
    with pytest.raises(CheckError, match=r"examples\.zip is other than registered"):
        find_source(folder)


def test_examples_that_were_not_registered_are_refused(pulled: Path, examples: list[list[bytes]]) -> None:
    write_examples(pulled / "onnx" / EXAMPLES, examples)
    with pytest.raises(CheckError, match=r"examples\.zip is not of this model"):
        find_source(pulled)


def test_an_attestation_that_names_no_version_is_refused(pulled: Path) -> None:
    content = json.loads((pulled / FILE).read_text())
    (pulled / FILE).write_text(json.dumps({**content, "tag": "classifier"}))
    with pytest.raises(InputError, match="expected a tag NAME@VERSION"):
        find_source(pulled)


def test_a_projects_own_model_has_its_name_its_metrics_and_no_version(tmp_path: Path) -> None:
    shutil.copy(PARAMS, tmp_path)
    save_means(tmp_path / "models/onnx/model.onnx", [[1, 0, 0], [0, 1, 0]], about(["a", "b"]).to_metadata())
    (tmp_path / "reports").mkdir()
    write_json(tmp_path / "reports/metrics.json", {"accuracy": 0.9})
    source = find_source(tmp_path / "models")
    assert (source.name, source.version, source.address, source.card) == ("classifier", None, None, None)
    assert source.metrics is not None
    assert source.metrics["accuracy"] == 0.9


@pytest.mark.parametrize(("served", "file"), [("model.int8.onnx", "model.int8.onnx"), ("model.onnx", "model.onnx")])
def test_export_decides_which_file_serves(tmp_path: Path, served: str, file: str) -> None:
    for name in ("model.onnx", "model.int8.onnx"):
        save_means(tmp_path / "onnx" / name, [[1, 0, 0], [0, 1, 0]], about(["a", "b"]).to_metadata())
    write_json(tmp_path / "onnx/parity.json", {"served": served})
    assert find_source(tmp_path).path.name == file


@pytest.mark.parametrize("served", ["model.int8.onnx", "../../x", 3])
def test_a_file_that_shall_serve_and_is_not_there_is_named(tmp_path: Path, served: object) -> None:
    save_means(tmp_path / "onnx/model.onnx", [[1, 0, 0], [0, 1, 0]], about(["a", "b"]).to_metadata())
    write_json(tmp_path / "onnx/parity.json", {"served": served})
    with pytest.raises(InputError, match="is served, which is not there"):
        find_source(tmp_path)


def test_a_folder_without_a_model_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected an exported model") as caught:
        find_source(tmp_path)
    assert "winnow export" in caught.value.hint


def test_another_model_than_the_one_expected_is_refused(pulled: Path, tmp_path: Path) -> None:
    source = find_source(pulled)
    require_model(source, None)
    require_model(source, "classifier@v1.0.0")
    with pytest.raises(UsageError, match=r"expected the model classifier@v1\.0\.1, found classifier@v1\.0\.0"):
        require_model(source, "classifier@v1.0.1")
    save_means(tmp_path / "own.onnx", [[1, 0, 0], [0, 1, 0]], about(["a", "b"]).to_metadata())
    with pytest.raises(UsageError, match="which is not registered"):
        require_model(find_source(tmp_path / "own.onnx"), "classifier@v1.0.0")
