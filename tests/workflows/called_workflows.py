"""Puts the jobs of a called workflow into the one that calls it: act ends a run where a called one has failed.

GitHub goes on with the jobs that want to hear of it (`always()`). Only workflows of this repository, called once, whose
last job needs all others; that one takes the place, and the id, of the job that calls.
"""

import io
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def inline_calls(path: Path, root: Path) -> None:
    """Rewrite a workflow of the checkout `root`."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(path.read_text(encoding="utf-8"))
    jobs: dict[str, Any] = {}
    for name, job in content["jobs"].items():
        called = root / str(job.get("uses", "")).removeprefix("./")
        jobs |= _inlined(name, job, called.read_text(encoding="utf-8")) if "uses" in job else {name: job}
    with path.open("w", encoding="utf-8") as stream:
        yaml.dump({**content, "jobs": jobs}, stream)


def _inlined(caller: str, job: dict[str, Any], text: str) -> dict[str, Any]:
    for name, value in job["with"].items():
        text = re.sub(rf"\binputs\.{name}\b", str(value).removeprefix("${{").removesuffix("}}").strip(), text)
    own = YAML(typ="safe", pure=True).load(re.sub(r"\binputs\.\w+\b", "null", text))["jobs"]
    *_, last = own
    ids = {name: caller if name == last else f"{caller}_{name}" for name in own}
    return {ids[name]: _joined(each, job, ids) for name, each in own.items()}


def _joined(called: dict[str, Any], job: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    needs = called.get("needs", [])
    needs = [needs] if isinstance(needs, str) else needs
    made: dict[str, Any] = YAML(typ="safe", pure=True).load(_with_ids(called, ids))
    made["needs"] = [*job["needs"], *(ids[each] for each in needs)]
    if not needs:
        made["if"] = job["if"]
    return made


def _with_ids(called: dict[str, Any], ids: dict[str, str]) -> str:
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(called, stream)
    text = stream.getvalue()
    for old, new in ids.items():
        text = re.sub(rf"\bneeds\.{old}\b", f"needs.{new}", text)
    return text
