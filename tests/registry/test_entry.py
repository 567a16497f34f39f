"""What a tag's message carries, and what is none of it."""

import json

import pytest
from registered import entry_for

from winnow.registry.entry import Entry, message_of, read_message

COMMIT = "a" * 40


def parts(entry: Entry) -> tuple[str, str]:
    subject, _, body = message_of(entry).partition("\n\n")
    return subject, body


def test_a_record_survives_its_message() -> None:
    entry = entry_for(COMMIT, action="promote", stage="staging")
    subject, body = parts(entry)
    assert subject == "Promote classifier v1.0.0 to staging"
    assert read_message(body, "a tag") == entry
    assert json.loads(body)["schema"] == 1


def test_an_override_is_told_in_the_first_line_and_kept_whole() -> None:
    reason = 'the camera is new\n"quoted" \x1b[31m and } a bracket'
    override = {"reason": reason, "by": "ada", "refusals": ["the required gate `primary` failed: worse"]}
    subject, body = parts(entry_for(COMMIT, override=override))
    assert subject == "Register classifier v1.0.0, overridden"
    found = read_message(body, "a tag")
    assert isinstance(found, Entry)
    assert found.override is not None
    assert found.override.reason == reason
    assert "\x1b" not in body


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Registering artifact classifier version v1.0.0", "carries no record"),
        ("[1]", "carries no record"),
        ("", "carries no record"),
        ("[" * 100_000, "carries no record"),
        ('{"schema": 2, "task": "single_label"}', "expected schema 1"),
        ('{"schema": 1, "task": "single_label", "action": "delete"}', "action"),
    ],
)
def test_what_is_no_record_is_told_and_stops_nothing(body: str, said: str) -> None:
    found = read_message(body, "a tag")
    assert isinstance(found, str)
    assert said in found


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_an_override_says_something(reason: str) -> None:
    with pytest.raises(ValueError, match="reason"):
        entry_for(COMMIT, override={"reason": reason, "by": "ada", "refusals": []})


def test_the_size_is_that_of_all_files() -> None:
    two = {name: {"sha256": "0" * 64, "num_bytes": size} for name, size in (("bundle/a", 3), ("onnx/b", 4))}
    assert entry_for(COMMIT, files=two).num_bytes == 7
