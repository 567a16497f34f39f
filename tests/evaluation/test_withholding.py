import numpy as np
import pyarrow as pa
import pytest

from winnow.evaluation.predictions import Predictions
from winnow.evaluation.withholding import without_descriptions


@pytest.fixture
def predictions() -> Predictions:
    columns = {
        "id": ["a", "b", "c", "d"],
        "split": ["test"] * 4,
        "label": ["x", "y", "x", "y"],
        "group": ["Jane", "", "Jane", "Ann"],
        "referrer": ["Dr. Who"] * 4,
    }
    return Predictions(pa.table(columns), np.full((4, 2), 0.5, np.float32), ["x", "y"])


def test_groups_lose_their_names_and_stay_groups(predictions: Predictions) -> None:
    assert without_descriptions(predictions).column("group") == ["a", "", "a", "d"]
    assert without_descriptions(predictions).groups.count == predictions.groups.count == 3


def test_further_columns_go_and_the_rest_stays(predictions: Predictions) -> None:
    bare = without_descriptions(predictions)
    assert bare.further == []
    assert bare.table.column_names == ["id", "split", "label", "group"]
    assert bare.table.schema.field("group").type == pa.string()
    assert bare.column("id") == predictions.column("id")
    assert np.array_equal(bare.probabilities, predictions.probabilities)
    assert predictions.further == ["referrer"], "the predictions themselves are left as they are"
