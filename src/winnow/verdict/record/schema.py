"""The JSON Schema of `verdict.json`, for programs that are not winnow: `verdict.schema.json` beside this file."""

import json
from typing import Any

from winnow.schema import stamp
from winnow.verdict.record.verdict import Verdict

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def verdict_schema() -> dict[str, Any]:
    """Return the schema of what `Verdict.as_dict` gives."""
    schema = Verdict.model_json_schema()
    stamps = stamp({})
    schema["properties"] = {**{key: {"const": value} for key, value in stamps.items()}, **schema["properties"]}
    schema["required"] = [*stamps, *schema["required"]]
    return {"$schema": DIALECT, **schema}


def schema_text() -> str:
    """Return the content of `verdict.schema.json`."""
    return json.dumps(verdict_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
