import logging
from pathlib import Path

import pytest

from winnow.errors import InputError
from winnow.verdict.judging.waivers import read_waivers
from winnow.verdict.record.context import Waiver

OLD = "- gate: primary\n  reason: an old camera\n  by: Ada\n"
NEW = "- gate: floor:accuracy\n  reason: a harder test set\n  by: Grace\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "waivers.yaml"


def test_a_waiver_says_who_and_why(file: Path) -> None:
    file.write_text(NEW, encoding="utf-8")
    expected = Waiver(reason="a harder test set", by="Grace", source="file")
    assert read_waivers(file, None) == {"floor:accuracy": expected}


@pytest.mark.parametrize("text", [None, "", "# none yet\n", "[]\n"])
def test_without_entries_nothing_is_waived(file: Path, text: str | None) -> None:
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert read_waivers(file, OLD) == {}


def test_what_the_base_holds_already_waives_nothing_more(file: Path) -> None:
    file.write_text(OLD + NEW, encoding="utf-8")
    assert list(read_waivers(file, OLD)) == ["floor:accuracy"]
    assert read_waivers(file, "- {by: Grace, gate: 'floor:accuracy', reason: a harder test set}\n" + OLD) == {}


def test_a_gate_is_waived_again_with_words_of_its_own(file: Path) -> None:
    file.write_text(OLD + OLD.replace("an old", "another"), encoding="utf-8")
    assert read_waivers(file, OLD)["primary"].reason == "another camera"


def test_what_the_base_has_broken_tells_of_no_entry_that_it_is_new(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(OLD + NEW, encoding="utf-8")
    with caplog.at_level(logging.WARNING, logger="winnow"):
        assert read_waivers(file, "- [\n") == {}
    assert "no entry counts" in caplog.text
    assert list(read_waivers(file, OLD + "- not a waiver\n- {gate: 1}\n")) == ["floor:accuracy"]


def test_a_reason_may_have_several_lines(file: Path) -> None:
    file.write_text("- gate: data\n  by: 'Ada'\n  reason: |\n    one\n    two\n", encoding="utf-8")
    assert read_waivers(file, None)["data"].reason == "one\ntwo\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OLD + "- gate: data\n  reason: why\n", "waivers.yaml:4: entry 2: `by`: Field required"),
        (
            OLD + "\n- gate: data\n  reason: 3\n  by: Ada\n",
            "waivers.yaml:5: entry 2: `reason`: Input should be a valid string",
        ),
        ("- {gate: data, reason: '  ', by: Ada}\n", "waivers.yaml:1: entry 1: `reason`: String should match pattern"),
        (
            "- {gate: data, reason: why, by: Ada, until: May}\n",
            "waivers.yaml:1: entry 1: `until`: Extra inputs",
        ),
        ("- primary\n", "waivers.yaml:1: entry 1: Input should be a valid dictionary"),
        ("gate: primary\n", "waivers.yaml: expected a list, got"),
        ("just words", "waivers.yaml: expected a list, got str"),
        ("- {gate: [\n", "waivers.yaml is not valid YAML"),
        ("- {gate: 2026-13-45}\n", "waivers.yaml is not valid YAML"),
        ("[" * 500, "waivers.yaml is not valid YAML"),
        (NEW + NEW.replace("harder", "better"), "waivers.yaml: two new waivers for the gate `floor:accuracy`"),
    ],
)
def test_what_is_no_list_of_waivers_is_refused_by_line(file: Path, text: str, message: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_waivers(file, None)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


def test_a_file_of_other_bytes_is_refused(file: Path) -> None:
    file.write_bytes(b"- gate: \xff\xfe\n")
    with pytest.raises(InputError, match="is not UTF-8"):
        read_waivers(file, None)


@pytest.mark.parametrize("text", ["!!python/object/apply:os.system ['false']\n", "- !!python/name:os.system\n"])
def test_a_tag_makes_no_object(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_waivers(file, None)
