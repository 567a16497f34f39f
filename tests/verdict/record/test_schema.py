from pathlib import Path

from sample_verdicts import better, first

from winnow.verdict.record import schema
from winnow.verdict.record.schema import schema_text, verdict_schema


def test_the_file_is_what_the_records_say() -> None:
    stored = Path(schema.__file__).with_name("verdict.schema.json").read_text(encoding="utf-8")
    assert stored == schema_text(), "write verdict.schema.json again: `schema_text()`"


def test_the_schema_covers_every_key_that_a_verdict_has() -> None:
    found = verdict_schema()
    for verdict in (better(), first()):
        assert list(verdict.as_dict()) == list(found["properties"]) == found["required"]
    assert found["additionalProperties"] is False
    assert found["properties"]["schema"] == {"const": 1}
