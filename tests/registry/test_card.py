"""The model card as data: what the run wrote down, and no clock or commit in it."""

import json
import re

import pytest
from history import write
from registered import CARD, Workshop

from winnow.errors import InputError
from winnow.registry.card import Card, draw_card

REPORT = {
    "num_images": 40,
    "num_classes": 2,
    "splits": {"train": 0, "test": 40},
    "classes": {"cat": {"train": 0, "test": 20}, "dog": {"train": 0, "test": 20}},
    "checks": [{"id": "D205", "severity": "warning", "message": "the test set is small", "examples": []}],
}
PER_CLASS = "label,support,recall,recall_low,recall_high\ncat,20,0.95,0.76,0.99\ndog,20,0.90,0.70,0.97\nowl,0,,,\n"
METRICS = {"accuracy": 0.925, "accuracy_low": 0.8, "accuracy_high": 0.974, "num_test": 40, "confidence": 0.95}


def stamped(content: object) -> str:
    assert isinstance(content, dict)
    return json.dumps({"schema": 1, "task": "single_label", **content})


@pytest.fixture
def made(shop: Workshop) -> Workshop:
    """A workshop with what prepare and evaluate would have written."""
    files = {"data.json": stamped(REPORT), "metrics.json": stamped(METRICS), "per_class.csv": PER_CLASS}
    write(shop.root, {f"reports/{name}": text for name, text in files.items()})
    write(shop.root, {"models/bundle/model.safetensors": "w", "reports/cost/train.json": stamped({"wall_s": 3600})})
    return shop


def test_a_card_says_what_the_run_wrote_and_the_owner_says(made: Workshop) -> None:
    card = draw_card(made.project)
    assert card.owner_part.data_licence == "CC0-1.0"
    assert (card.data.num_images, card.data.classes["cat"]["test"]) == (40, 20)
    assert card.data.checks == ["D205 warning: the test set is small"]
    assert {name: (each.value, each.low, each.high) for name, each in card.metrics.items()} == {
        "accuracy": (0.925, 0.8, 0.974)
    }
    assert [(each.label, each.recall.low) for each in card.weakest] == [("dog", 0.7), ("cat", 0.76)]
    assert card.effort.energy_kwh == pytest.approx(0.065 * 1.2)
    assert list(card.files) == ["bundle/model.safetensors"]
    assert card.limits[:2] == [
        "2 of 2 classes have fewer than 30 test images (the least: 20)",
        "the recall of the weakest class may be as low as 0.700",
    ]


def test_a_card_survives_json_and_names_no_commit_and_no_time(made: Workshop) -> None:
    card = draw_card(made.project)
    assert Card.from_dict(card.as_dict(), "card.json") == card
    text = json.dumps(card.as_dict())
    assert made.git("rev-parse", "HEAD") not in text
    assert not re.search(r"20\d\d-\d\d-\d\d", text)
    assert draw_card(made.project) == card


def test_what_the_owner_has_not_said_is_a_gap(made: Workshop) -> None:
    made.project.card_source.write_text(CARD.replace("CC0-1.0", "TODO"))
    assert draw_card(made.project).gaps == ["data_licence"]


@pytest.mark.parametrize("name", ["data.json", "metrics.json"])
def test_without_a_run_there_is_no_card(made: Workshop, name: str) -> None:
    (made.root / "reports" / name).unlink()
    with pytest.raises(InputError, match=name):
        draw_card(made.project)


def test_a_report_of_another_kind_is_refused(made: Workshop) -> None:
    write(made.root, {"reports/data.json": stamped({"num_images": "many"})})
    with pytest.raises(InputError, match="does not say what a card needs"):
        draw_card(made.project)
