"""The stamp that every file between the steps carries, and the refusal of any other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from winnow.errors import FormatError

SCHEMA = 1
TASK = "single_label"


def stamp(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return `content` with the schema and the task in front."""
    return {"schema": SCHEMA, "task": TASK, **content}


def require_stamp(content: Mapping[str, Any], source: Path | str) -> None:
    """Raise FormatError unless `content` carries this version's schema and task."""
    for key, expected in (("schema", SCHEMA), ("task", TASK)):
        got = content.get(key)
        # Arrow metadata and safetensors headers hold strings only.
        if str(got) != str(expected):
            raise FormatError(
                f"{source}: expected {key} {expected!r}, got {got!r}",
                hint="run the step that writes it again with this version of winnow",
            )
