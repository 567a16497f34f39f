"""Reading `params.yaml`: complete, strictly typed, with the nearest name for a mistyped key.

Each section is a pydantic model beside its owner. No field has a default: what a run used is what the file says,
so `dvc params diff` tells the whole truth. A field's documentation stands under it, and `examples[0]` is the
value that an error message and the parameter reference suggest.
"""

import copy
import difflib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from winnow.errors import ConfigError
from winnow.project import Project
from winnow.schema import SCHEMA

S = TypeVar("S", bound="Section")

SECTIONS = ("project", "data", "add", "prepare", "checks", "model", "train", "evaluate", "export", "gate")


class Section(BaseModel):
    """One section of `params.yaml`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


def read_section(project: Project, name: str, model: type[S]) -> S:
    """Return section `name` of the project's `params.yaml` as `model`.

    Raises ConfigError for unknown keys (naming the nearest known one), missing keys, wrong types and ranges.
    """
    return parse_section(read_params(project.params).get(name), name, model, project.params)


def parse_section(content: Any, name: str, model: type[S], source: Path | str) -> S:
    """Validate one section's content; `source` names the file in error messages."""
    if not isinstance(content, Mapping):
        got = "nothing" if content is None else type(content).__name__
        raise ConfigError(
            f"{source}: expected a section `{name}:` with keys, got {got}", hint=f"known sections: {_join(SECTIONS)}"
        )
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _first_error(error, name, model, source) from None


@lru_cache(maxsize=8)
def _load(path: Path, _mtime_ns: int, _size: int) -> dict[str, Any]:
    # DVC reads params.yaml as YAML 1.2 with this same library: 1e-3 is a number, `no` is a word, a repeated key fails.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8-sig"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid YAML: {error}", hint="mend the line it names") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected sections, got {type(content).__name__}", hint="start from recipes/*.yaml")
    return content


def read_params(path: Path) -> dict[str, Any]:
    """Return the whole file as plain data, its schema and its section names checked."""
    if not path.is_file():
        raise ConfigError(f"expected {path}, found nothing", hint="copy one of recipes/*.yaml there")
    status = path.stat()
    content = copy.deepcopy(_load(path, status.st_mtime_ns, status.st_size))
    if content.get("schema") != SCHEMA:
        raise ConfigError(
            f"{path}: expected `schema: {SCHEMA}`, got {content.get('schema')!r}", hint="see docs/params.md"
        )
    for name in content:
        if name != "schema" and name not in SECTIONS:
            raise ConfigError(f"{path}: unknown section `{name}`", hint=nearest(str(name), SECTIONS))
    return content


def nearest(name: str, known: tuple[str, ...] | list[str]) -> str:
    """Return a sentence that names the known word nearest to `name`, or all known words."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else f"known: {_join(known)}"


def _join(words: tuple[str, ...] | list[str]) -> str:
    return ", ".join(words)


def _model_at(model: type[BaseModel], location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Follow field names into nested sections and lists of them; None where the path leaves them."""
    here: Any = model
    for step in location:
        if isinstance(step, int):
            here = next(iter(get_args(here)), None)
        elif isinstance(here, type) and issubclass(here, BaseModel) and step in here.model_fields:
            here = here.model_fields[step].annotation
        else:
            return None
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _first_error(error: ValidationError, name: str, model: type[BaseModel], source: Path | str) -> ConfigError:
    # An unknown key is reported before the missing one that it probably misspells.
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    detail = details[0]
    location = detail["loc"]
    key = ".".join([name, *map(str, location)])
    owner = _model_at(model, location[:-1]) if location else None
    if detail["type"] == "extra_forbidden" and owner is not None:
        return ConfigError(f"{source}: unknown key `{key}`", hint=nearest(str(location[-1]), list(owner.model_fields)))
    if detail["type"] == "missing" and owner is not None:
        examples = owner.model_fields[str(location[-1])].examples
        value = "" if not examples else f": add `{location[-1]}: {_as_yaml(examples[0])}`"
        return ConfigError(f"{source}: missing key `{key}`", hint=f"params.yaml is complete{value} (docs/params.md)")
    message = detail["msg"].removeprefix("Value error, ")
    got = "" if detail["type"] == "value_error" else f", got {detail['input']!r}"
    return ConfigError(f"{source}: `{key}`: {message}{got}", hint="docs/params.md lists every key with its range")


def _as_yaml(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
