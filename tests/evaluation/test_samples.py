from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from winnow.data.labels import Labels
from winnow.data.prepared import PreparedSplit, open_split, read_meta, write_index
from winnow.errors import InputError
from winnow.evaluation.samples import describe_samples, require_match
from winnow.models.bundle import Architecture, BundleMeta
from winnow.transforms.spec import PreprocessSpec

SPEC = PreprocessSpec(
    size=8, channels=1, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
)
IDS = [f"{number:020x}" for number in range(4)]


@pytest.fixture
def splits(tmp_path: Path) -> dict[str, PreparedSplit]:
    """Two splits without pixels, which describing does not touch."""
    index = pa.table(
        {
            "id": IDS,
            "label": ["elm", "ash", "elm", "ash"],
            "group": ["", "g", "g", ""],
            "split": ["test", "val", "test", "train"],
            "part": ["part-1"] * 4,
            "row": np.arange(4, dtype=np.uint32),
        }
    )
    write_index(tmp_path, index, spec=SPEC, mean=[0.5], std=[0.2])
    (tmp_path / "part-1.arrow").touch()
    return {name: _without_pixels(tmp_path, name) for name in ("val", "test")}


def _without_pixels(folder: Path, name: str) -> PreparedSplit:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("winnow.data.prepared.Pixels", lambda *_: None)
        return open_split(folder, name)


def labels(*, ids: list[str] = IDS, further: tuple[str, ...] = ("site",)) -> Labels:
    return Labels.from_rows(
        [(image, "x", "", "", "", *(f"{name} {image[-1]}" for name in further)) for image in ids], further
    )


def test_each_image_keeps_its_split_label_group_and_further_columns(splits: dict[str, PreparedSplit]) -> None:
    table = describe_samples(splits, labels())
    assert table.to_pylist() == [
        {"id": IDS[1], "split": "val", "label": "ash", "group": "g", "site": "site 1"},
        {"id": IDS[0], "split": "test", "label": "elm", "group": "", "site": "site 0"},
        {"id": IDS[2], "split": "test", "label": "elm", "group": "g", "site": "site 2"},
    ]


def test_without_further_columns_there_are_four(splits: dict[str, PreparedSplit]) -> None:
    assert describe_samples(splits, labels(further=())).column_names == ["id", "split", "label", "group"]


def test_a_column_that_looks_like_a_probability_is_refused(splits: dict[str, PreparedSplit]) -> None:
    with pytest.raises(InputError, match=r"the column `prob_rain` of data/labels.csv begins with `prob_`"):
        describe_samples(splits, labels(further=("site", "prob_rain")))


def test_an_image_that_the_labels_lack_is_refused(splits: dict[str, PreparedSplit]) -> None:
    with pytest.raises(InputError, match=r"1 prepared images are not in data/labels.csv"):
        describe_samples(splits, labels(ids=IDS[1:]))


def test_a_model_of_other_classes_or_pixels_is_refused(splits: dict[str, PreparedSplit], tmp_path: Path) -> None:
    prepared = read_meta(tmp_path)
    architecture = Architecture(name="winnow/small_cnn", num_classes=2, channels=1, size=8, options={})
    bundle = BundleMeta(
        architecture=architecture,
        spec=SPEC,
        mean=[0.5],
        std=[0.2],
        labels=["ash", "elm"],
        params={},
        code_hash="",
        data_hash="",
        versions={},
    )
    require_match(bundle, prepared)
    with pytest.raises(InputError, match="trained with other classes"):
        require_match(bundle.model_copy(update={"labels": ["ash", "oak"]}), prepared)
    with pytest.raises(InputError, match="trained with other preprocessing"):
        require_match(bundle.model_copy(update={"spec": SPEC.model_copy(update={"fit": "crop"})}), prepared)
