"""How many parameters a weight file holds, from its first bytes, without torch."""

import json
import math
from pathlib import Path
from typing import Any

from winnow.project import Project

_LENGTH_BYTES = 8
_MAX_HEADER_BYTES = 100_000_000  # as the format's own reader
_METADATA = "__metadata__"
# What batch norm counts by the way is stored beside the parameters.
_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


def count_parameters(path: Path) -> int | None:
    """Return the number of trained parameters in a safetensors file; None for anything else.

    The file begins with the length of a JSON header (8 bytes, little endian) that holds every tensor's shape:
    https://huggingface.co/docs/safetensors, "Format".
    """
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
            header = json.loads(stream.read(min(length, _MAX_HEADER_BYTES)))
        tensors: dict[str, Any] = {name: entry for name, entry in header.items() if name != _METADATA}
        shapes = (entry["shape"] for name, entry in tensors.items() if name.rpartition(".")[2] not in _BUFFERS)
        return sum(math.prod(int(extent) for extent in shape) for shape in shapes)
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return None


def cached_file(project: Project, md5: str) -> Path | None:
    """Return where DVC's cache, at its usual place, holds a file; None where it does not."""
    places = (folder / ".dvc" / "cache" / "files" / "md5" for folder in (project.root, *project.root.parents))
    return next((path for place in places if (path := place / md5[:2] / md5[2:]).is_file()), None)
