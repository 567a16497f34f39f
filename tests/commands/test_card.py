"""`winnow card`: the page, the data, and an empty form for the owner."""

import json

import pytest
from history import write
from registered import CARD, Workshop

from winnow.commands.card import card
from winnow.errors import ExitCode, InputError

REPORT = {"num_images": 40, "num_classes": 1, "splits": {"test": 40}, "classes": {"cat": {"test": 40}}, "checks": []}


@pytest.fixture
def made(shop: Workshop) -> Workshop:
    """A workshop with the reports of a run, whose owner has said nothing yet."""
    stamped = {"schema": 1, "task": "single_label"}
    write(shop.root, {"reports/data.json": json.dumps({**stamped, **REPORT})})
    shop.project.card_source.unlink()
    return shop


def test_the_owner_gets_a_form_and_the_card_says_what_is_missing(made: Workshop) -> None:
    result = card(made.project)
    assert result.exit_code == ExitCode.FAILED
    assert result.lines()[:3] == ["wrote reports/card.md", "wrote reports/card.json", "wrote card.yaml"]
    assert "intended_use" in result.lines()[3]
    assert "Intended use: <b>not filled in (card.yaml)</b>" in made.project.card.read_text(encoding="utf-8")
    assert "TODO" in made.project.card_source.read_text(encoding="utf-8")


def test_a_card_that_is_filled_in_passes_and_what_the_owner_wrote_stays(made: Workshop) -> None:
    made.project.card_source.write_text(CARD, encoding="utf-8")
    result = card(made.project)
    assert result.exit_code == ExitCode.OK
    assert len(result.lines()) == 2
    assert made.project.card_source.read_text(encoding="utf-8") == CARD
    assert json.loads(made.project.card_data.read_text(encoding="utf-8")) == result.records()
    text = made.project.card.read_text(encoding="utf-8")
    assert "telling cats from dogs in tests" in text
    first = made.project.card_data.read_bytes()
    card(made.project)
    assert made.project.card_data.read_bytes() == first, "no clock in it"


def test_git_ignores_what_follows_from_other_files(made: Workshop) -> None:
    card(made.project)
    assert "card.md" not in made.git("status", "--porcelain")


def test_without_a_run_there_is_no_card(made: Workshop) -> None:
    made.project.data_report.unlink()
    with pytest.raises(InputError, match=r"data\.json"):
        card(made.project)
