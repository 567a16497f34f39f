"""The card in words: every section, gaps in bold, and nothing of the owner's that could act."""

import html
import re
from typing import Any

import pytest

from winnow.markup.markdown import to_markdown
from winnow.registry.card import Card
from winnow.registry.card_page import card_blocks
from winnow.verdict.record.evidence import Estimate

OWNER = {
    "intended_use": "telling cats from dogs",
    "not_for": "anything else",
    "owner": "ada",
    "data_source": "a camera",
    "data_licence": "CC0-1.0",
    "known_limits": "small",
    "power_w": 65.0,
    "overhead": 1.2,
    "carbon_g_per_kwh": 400.0,
    "price_per_h": 0.5,
}
ESTIMATE = {"value": 0.925, "low": 0.8, "high": 0.974}


def card(**changes: Any) -> Card:
    content: dict[str, Any] = {
        "name": "classifier",
        "owner_part": OWNER,
        "gaps": [],
        "data": {
            "num_images": 1797,
            "num_classes": 2,
            "splits": {"train": 1400, "test": 397, "vault": 0},
            "classes": {"cat": {"train": 700, "test": 200}, "dog": {"train": 700, "test": 197}},
            "checks": ["D205 warning: the test set is small"],
        },
        "confidence": 0.95,
        "metrics": {"accuracy": ESTIMATE, "my_metric": {"value": 2.0, "low": None, "high": None}},
        "weakest": [{"label": "dog", "support": 197, "recall": ESTIMATE}],
        "subgroups": [{"column": "site", "value": "north", "num_images": 12, "accuracy": ESTIMATE}],
        "limits": ["other cameras are untested"],
        "effort": {
            "steps": [{"step": "train", "wall_s": 3600.0, "device": "cpu"}],
            "wall_s": 3600.0,
            "energy_kwh": 0.078,
            "carbon_g": 31.2,
            "price": 0.5,
            "formula": "energy = power",
            "source": "Strubell",
        },
        "files": {"bundle/model.safetensors": {"sha256": "ab" * 32, "num_bytes": 1000}},
        "origin": {
            "model": "winnow/small_cnn",
            "lock_sha256": "1" * 64,
            "data_hash": None,
            "code_hash": None,
            "versions": {"torch": "2.6"},
            "params": {},
        },
    }
    return Card.model_validate({**content, **changes})


def words(text: str) -> str:
    """Return Markdown as a reader sees it."""
    return " ".join(html.unescape(re.sub(r"</?(?:code|b)>|[\\\u200b\u2060]", "", text)).split())


def page(**changes: Any) -> str:
    return to_markdown(card_blocks(card(**changes)))


def test_every_section_is_there_with_its_numbers() -> None:
    text = words(page())
    sections = ["Use", "Data", "Metrics on the test set, with 95% intervals", "Subgroups", "Limits", "Cost and energy"]
    assert [title for title in [*sections, "Files", "Provenance"] if f"# {title}" not in text] == []
    for said in (
        "0.925 [0.800, 0.974]",
        "1,797 images",
        "CC0-1.0",
        "0.078 kWh",
        "31.2 g CO2e",
        "telling cats from dogs",
        "ab" * 32,
    ):
        assert said in text, said


def test_a_gap_is_told_instead_of_what_stands_there() -> None:
    text = page(gaps=["intended_use"], owner_part={**OWNER, "intended_use": "TODO"})
    assert "Intended use: <b>not filled in (card.yaml)</b>" in text
    assert "TODO" not in text


def test_what_is_not_known_is_told() -> None:
    effort = {**card().effort.model_dump(), "energy_kwh": None, "carbon_g": None, "price": None}
    text = page(subgroups={"not_available": "gate.subgroup_columns names none"}, effort=effort, files={}, weakest=[])
    assert "Not known: gate.subgroup_columns names none" in words(text)
    assert "Energy: not estimated" in text
    assert "CO2e" not in text
    assert "Files" not in text


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "![x](https://evil.example/x.png)", "[a](javascript:x)"]
)
def test_the_words_of_people_are_inert(hostile: str) -> None:
    text = page(
        owner_part={**OWNER, "owner": hostile},
        weakest=[{"label": hostile, "support": 1, "recall": Estimate(value=0.5, low=None, high=None).model_dump()}],
    )
    assert "<script" not in text
    assert "![x](https" not in text
    assert "](javascript:" not in text
